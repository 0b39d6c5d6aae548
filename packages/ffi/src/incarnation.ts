import { encodeHostFailure } from "@cliproxy/abi"
import { Clock, Effect } from "effect"

import { defaultBridgeOptions } from "./bridge-options.ts"
import { serveHostCalls } from "./host-calls.ts"
import type { IsolatedOptions, RestartPolicy } from "./isolated-options.ts"
import { loadError, PluginHostExhausted, PluginLoadDeadlineExceeded, type PluginLoadError } from "./load-error.ts"
import { openStatus } from "./native-status.ts"
import { defaultCallDeadlineMs, defaultLoadDeadlineMs } from "./open-plugin.ts"
import type { HostCallHandler, PluginConnection } from "./plugin-connection.ts"
import { checkFile } from "./plugin-file.ts"
import { type PluginProcess, startPluginProcess } from "./plugin-process.ts"
import { callsOf } from "./process-call.ts"

/** One of the processes that hold a plugin one after another. */
export interface Incarnation {
  readonly process: PluginProcess
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly call: PluginConnection["call"]
}

/** What to start, and who is told what becomes of it. */
interface IncarnationOptions extends Pick<IsolatedOptions, "id" | "onHostCall" | "connectHost" | "withheldVariables"> {
  /** Path of the plugin host executable. */
  readonly executable: string
  /** Absolute path of the library. */
  readonly path: string
  readonly policy: RestartPolicy
  readonly limits: Pick<IsolatedOptions, "deadlineMs" | "loadDeadlineMs" | "maxThreads" | "maxAnswerBytes">
  /** There is a process, which may never come to hold the plugin. */
  readonly onBegun: (process: PluginProcess) => void
  readonly onEnded: (process: PluginProcess, ending: string) => void
  /** A call runs on long after its deadline. */
  readonly onStuck: (incarnation: Incarnation) => void
}

const refuseHostCalls: HostCallHandler = (method) =>
  Effect.succeed(encodeHostFailure(`unsupported host callback ${method}`))

/** Starts a process and waits until the plugin in it is initialised. Interrupting it ends the process. */
export const startIncarnation = Effect.fnUntraced(function* (options: IncarnationOptions) {
  const { id: plugin, limits, path } = options
  const fork = Effect.runForkWith(yield* Effect.context())
  yield* checkFile(path)
  const startedAt = yield* Clock.currentTimeMillis
  const deadlineMs = limits.loadDeadlineMs ?? defaultLoadDeadlineMs
  const service = options.connectHost?.() ?? { handler: options.onHostCall ?? refuseHostCalls, end: () => {} }
  const hostCalls = yield* serveHostCalls(plugin, service.handler, (call, answer) => process.reply(call, answer))
  const maxThreads = limits.maxThreads ?? defaultBridgeOptions.maxThreads
  let process!: PluginProcess
  return yield* Effect.callback<Incarnation, PluginLoadError>((resume) => {
    const timer = setTimeout(() => {
      process.kill()
      resume(Effect.fail(new PluginLoadDeadlineExceeded({ path, deadlineMs })))
    }, deadlineMs)
    process = startPluginProcess({
      executable: options.executable,
      library: path,
      maxThreads,
      eagerThreads: defaultBridgeOptions.eagerThreads,
      threadIdleMs: defaultBridgeOptions.threadIdleMs,
      maxAnswerBytes: limits.maxAnswerBytes ?? defaultBridgeOptions.maxAnswerBytes,
      withheldVariables: options.withheldVariables ?? [],
      onHostCall: hostCalls.serve,
      onOutput: (line) => void fork(Effect.logInfo(line).pipe(Effect.annotateLogs({ plugin }))),
      onOpened: (outcome) => {
        clearTimeout(timer)
        if (outcome.status !== openStatus.ok) return resume(Effect.fail(loadError(path, outcome)))
        const call = callsOf(process, {
          plugin,
          deadlineMs: limits.deadlineMs ?? defaultCallDeadlineMs,
          stuckAfterMs: options.policy.stuckAfterMs,
          maxThreads,
          onStuck: () => options.onStuck(incarnation)
        })
        const incarnation: Incarnation = { process, startedAt, call }
        return resume(Effect.succeed(incarnation))
      },
      onExit: (ending, begun) => {
        clearTimeout(timer)
        fork(Effect.andThen(hostCalls.end, Effect.sync(service.end)))
        options.onEnded(process, ending)
        // Where the plugin had been opened, nobody waits for this any more.
        const detail = begun ? `its process ended while loading it (${ending})` : ending
        resume(Effect.fail(new PluginHostExhausted({ path, detail, ...(begun ? { ending } : {}) })))
      }
    })
    options.onBegun(process)
    return Effect.sync(() => {
      clearTimeout(timer)
      process.kill()
    })
  })
})
