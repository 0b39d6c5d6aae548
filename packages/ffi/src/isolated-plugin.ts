import { PluginClosed, type PluginCallError, PluginDeadlineExceeded, PluginUnavailable } from "@cliproxy/abi"
import { Effect, type Scope } from "effect"
import { resolve } from "node:path"

import type { IsolatedOptions, IsolatedPlugin } from "./isolated-options.ts"
import type { PluginLoadError } from "./load-error.ts"
import { type BridgeUnavailable, locateArtifact } from "./native-artifact.ts"
import { defaultCallDeadlineMs } from "./open-plugin.ts"
import type { PluginConnection } from "./plugin-connection.ts"
import type { PluginProcess } from "./plugin-process.ts"
import { type Absence, superviseProcesses } from "./process-supervisor.ts"

/**
 * Opens the plugin library at `path` in a process of its own. The connection lives in the scope: when the scope
 * closes, no further call is taken, running calls end, the plugin's `shutdown` runs once and the process ends.
 *
 * A crash fails the calls in flight with `PluginCrashed` and harms nothing else; the process is started again, with
 * exponential back-off, until it has crashed too often in a row. A call that runs on after its deadline gets the
 * process replaced, while its other calls finish. Fails with a `PluginLoadError`, or with `BridgeUnavailable` when
 * there is no plugin host for this platform.
 */
export const openIsolatedPlugin = (
  options: IsolatedOptions
): Effect.Effect<IsolatedPlugin, PluginLoadError | BridgeUnavailable, Scope.Scope> =>
  Effect.gen(function* () {
    const executable = yield* locateArtifact("plugin-host")
    const path = resolve(options.path)
    const plugin = options.id
    const defaultDeadlineMs = options.deadlineMs ?? defaultCallDeadlineMs
    const supervisor = yield* superviseProcesses(options, path, executable)

    const call: PluginConnection["call"] = (method, request, callOptions) =>
      Effect.suspend(() => {
        if (supervisor.isClosed()) return Effect.fail(new PluginClosed({ plugin, method }))
        const current = supervisor.current()
        if ("call" in current) return current.call(method, request, callOptions)
        return awaitProcess(method, callOptions?.deadlineMs ?? defaultDeadlineMs, current).pipe(
          Effect.flatMap(() => call(method, request, callOptions))
        )
      })

    /** Waits for the next process, where that is a matter of moments. */
    const awaitProcess = (method: string, deadlineMs: number, { state, detail, waitFor }: Absence) =>
      Effect.callback<void, PluginCallError>((resume) => {
        if (!waitFor) return resume(Effect.fail(new PluginUnavailable({ plugin, method, state, detail })))
        const forget = supervisor.awaitChange(() => {
          clearTimeout(timer)
          resume(Effect.void)
        })
        const timer = setTimeout(() => {
          forget()
          resume(Effect.fail(new PluginDeadlineExceeded({ plugin, method, deadlineMs })))
        }, deadlineMs)
        return Effect.sync(() => {
          clearTimeout(timer)
          forget()
        })
      })

    yield* Effect.acquireRelease(supervisor.open, () => supervisor.close, { interruptible: true })

    const sum = (count: (process: PluginProcess) => number) =>
      [...supervisor.alive].reduce((total, process) => total + count(process), 0)

    return {
      id: plugin,
      path,
      call,
      replace: supervisor.replace,
      stats: Effect.sync(() => {
        const current = supervisor.current()
        const pid = "process" in current ? current.process.pid : undefined
        return {
          inFlight: sum((process) => process.waiting()),
          abandoned: sum((process) => process.abandoned()),
          ...(pid === undefined ? {} : { pid })
        }
      })
    }
  })
