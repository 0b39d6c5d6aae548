import { type PluginCallError, PluginCrashed, PluginDeadlineExceeded } from "@cliproxy/abi"
import { Effect } from "effect"

import type { PendingCall } from "./bridge.ts"
import type { PluginConnection } from "./plugin-connection.ts"
import type { PluginProcess } from "./plugin-process.ts"
import { readAnswer } from "./raw-answer.ts"

/** What holds for the calls of one process. */
export interface ProcessCallOptions {
  readonly plugin: string
  /** Milliseconds for a call that names no deadline of its own. */
  readonly deadlineMs: number
  /** Milliseconds that a call may run on after its deadline before the process counts as stuck. */
  readonly stuckAfterMs: number
  /** Told when the process is stuck, possibly more than once. */
  readonly onStuck: () => void
}

/** Calls of one process: each ends with its answer, at its deadline, or with the process. */
export const callsOf =
  (process: PluginProcess, { plugin, onStuck, ...options }: ProcessCallOptions): PluginConnection["call"] =>
  (method, request, callOptions) =>
    Effect.callback<unknown, PluginCallError>((resume) => {
      const deadlineMs = callOptions?.deadlineMs ?? options.deadlineMs
      const pending: PendingCall = process.call(method, request, (answer) => {
        clearTimeout(timer)
        resume(
          typeof answer === "string"
            ? Effect.fail(new PluginCrashed({ plugin, method, ending: answer }))
            : readAnswer(plugin, method, answer)
        )
      })
      const timer = setTimeout(() => {
        const overdue = setTimeout(onStuck, options.stuckAfterMs)
        overdue.unref()
        pending.abandon(() => clearTimeout(overdue))
        resume(Effect.fail(new PluginDeadlineExceeded({ plugin, method, deadlineMs })))
      }, deadlineMs)
      return Effect.sync(() => {
        clearTimeout(timer)
        pending.abandon(() => {})
      })
    })
