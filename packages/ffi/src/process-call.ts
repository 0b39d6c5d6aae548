import { type PluginCallError, PluginCrashed, PluginDeadlineExceeded } from "@cliproxy/abi"
import { Effect } from "effect"

import type { PluginConnection } from "./plugin-connection.ts"
import type { PluginProcess, ProcessCall } from "./plugin-process.ts"
import { readAnswer } from "./raw-answer.ts"

/** What holds for the calls of one process. */
export interface ProcessCallOptions {
  readonly plugin: string
  /** Milliseconds for a call that names no deadline of its own. */
  readonly deadlineMs: number
  /** Milliseconds that a call may run on after its deadline before the process counts as stuck. */
  readonly stuckAfterMs: number
  /** Calls that the process runs at the same time; others wait in it. */
  readonly maxThreads: number
  /** Told when the process is stuck, possibly more than once. */
  readonly onStuck: () => void
}

const startTimer = (run: () => void, ms: number) => {
  const timer = setTimeout(run, ms)
  timer.unref()
  return timer
}

/**
 * Calls of one process: each ends with its answer, at its deadline, or with the process. The process is stuck when
 *
 * - a call runs on for `stuckAfterMs` after its deadline, whether its caller has waited that long or hung up before;
 * - a call that the process did not begin is given up at its deadline, and calls that nobody waits for hold all threads
 *   until `stuckAfterMs` later without one of them coming back. A process that is only busy has callers for what it
 *   runs, or brings some of it to an end.
 */
export const callsOf = (process: PluginProcess, options: ProcessCallOptions): PluginConnection["call"] => {
  const { plugin, onStuck, stuckAfterMs } = options

  /** Gives up a call that may run for another `leftMs` until its deadline. */
  const giveUp = (pending: ProcessCall, leftMs: number, unbegun: () => void) => {
    const overdue = startTimer(onStuck, leftMs + stuckAfterMs)
    pending.abandon((begun) => {
      clearTimeout(overdue)
      if (!begun) unbegun()
    })
  }

  return (method, request, callOptions) =>
    Effect.callback<unknown, PluginCallError>((resume) => {
      const deadlineMs = callOptions?.deadlineMs ?? options.deadlineMs
      const begunAt = performance.now()
      const returned = process.returned()
      // Some that were given up just now may be waiting in the process, and on their way out of it.
      const isHeld = (forMs?: number) =>
        process.returned() === returned && process.abandoned(forMs) >= options.maxThreads
      const pending = process.call(method, request, (answer) => {
        clearTimeout(timer)
        resume(
          typeof answer === "string"
            ? Effect.fail(new PluginCrashed({ plugin, method, ending: answer }))
            : readAnswer(plugin, method, answer)
        )
      })
      const timer = setTimeout(() => {
        giveUp(pending, 0, () => {
          if (isHeld()) startTimer(() => isHeld(stuckAfterMs) && onStuck(), stuckAfterMs)
        })
        resume(Effect.fail(new PluginDeadlineExceeded({ plugin, method, deadlineMs })))
      }, deadlineMs)
      return Effect.sync(() => {
        clearTimeout(timer)
        giveUp(pending, Math.max(0, deadlineMs - (performance.now() - begunAt)), () => {})
      })
    })
}
