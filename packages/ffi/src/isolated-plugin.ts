import {
  encodeHostFailure,
  PluginClosed,
  type PluginCallError,
  PluginCrashed,
  PluginDeadlineExceeded,
  PluginUnavailable
} from "@cliproxy/abi"
import { Clock, Effect, type Scope, Semaphore } from "effect"
import { resolve } from "node:path"

import type { PendingCall } from "./bridge.ts"
import { defaultBridgeOptions } from "./bridge-options.ts"
import { closeDeadlineMs } from "./close-plugin.ts"
import { serveHostCalls } from "./host-calls.ts"
import { defaultRestartPolicy, type IsolatedOptions, type IsolatedPlugin } from "./isolated-options.ts"
import { loadError, PluginHostExhausted, PluginLoadDeadlineExceeded, type PluginLoadError } from "./load-error.ts"
import { type BridgeUnavailable, locateArtifact } from "./native-artifact.ts"
import { defaultCallDeadlineMs, defaultLoadDeadlineMs } from "./open-plugin.ts"
import type { HostCallHandler, PluginConnection } from "./plugin-connection.ts"
import { checkFile } from "./plugin-file.ts"
import { type PluginProcess, startPluginProcess } from "./plugin-process.ts"
import { readAnswer } from "./raw-answer.ts"

interface Incarnation {
  readonly process: PluginProcess
  readonly startedAt: number
  readonly call: PluginConnection["call"]
}

type Absence = { readonly state: "restarting" | "fused"; readonly detail: string; readonly waitFor: boolean }

const refuseHostCalls: HostCallHandler = (method) =>
  Effect.succeed(encodeHostFailure(`unsupported host callback ${method}`))

/** The end of a process that somebody else ended: an operator, or a system that is out of memory. */
const KILLED = "signal SIGKILL"

/** Whether a start failed for something other than the plugin: it was killed, or the system has no room for it now. */
const isBlameless = (error: PluginLoadError | PluginCallError): boolean => {
  switch (error._tag) {
    case "PluginCrashed":
      return error.ending === KILLED
    case "PluginHostExhausted":
      return error.ending === undefined || error.ending === KILLED
    default:
      return false
  }
}

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
    const fork = Effect.runForkWith(yield* Effect.context())
    const starts = yield* Semaphore.make(1)
    const path = resolve(options.path)
    const plugin = options.id
    const policy = { ...defaultRestartPolicy, ...options.restart }
    const defaultDeadlineMs = options.deadlineMs ?? defaultCallDeadlineMs

    let closed = false
    let current: Incarnation | undefined
    let absence: Absence = { state: "restarting", detail: "it is starting", waitFor: true }
    /** Ends of processes since one was healthy, and those among them that are the plugin's own fault. */
    let endsInARow = 0
    let crashesInARow = 0
    const count = (blameless: boolean): void => {
      endsInARow++
      if (!blameless) crashesInARow++
    }
    const alive = new Set<PluginProcess>()
    /** Calls that wait for the next process. */
    const queue = new Set<() => void>()
    const wakeQueue = () => {
      const waiting = [...queue]
      queue.clear()
      for (const attempt of waiting) attempt()
    }

    const log = (line: string) => fork(Effect.logInfo(line).pipe(Effect.annotateLogs({ plugin })))

    /** One call to one process. `stuck` is told when the call runs on long after its deadline. */
    const callIn =
      (process: PluginProcess, stuck: () => void): PluginConnection["call"] =>
      (method, request, callOptions) =>
        Effect.callback<unknown, PluginCallError>((resume) => {
          const deadlineMs = callOptions?.deadlineMs ?? defaultDeadlineMs
          const pending: PendingCall = process.call(method, request, (answer) => {
            clearTimeout(timer)
            resume(
              typeof answer === "string"
                ? Effect.fail(new PluginCrashed({ plugin, method, ending: answer }))
                : readAnswer(plugin, method, answer)
            )
          })
          const timer = setTimeout(() => {
            const overdue = setTimeout(stuck, policy.stuckAfterMs)
            overdue.unref()
            pending.abandon(() => clearTimeout(overdue))
            resume(Effect.fail(new PluginDeadlineExceeded({ plugin, method, deadlineMs })))
          }, deadlineMs)
          return Effect.sync(() => {
            clearTimeout(timer)
            pending.abandon(() => {})
          })
        })

    /** Starts a process and waits until the plugin in it is initialised. */
    const start: Effect.Effect<Incarnation, PluginLoadError> = Effect.gen(function* () {
      yield* checkFile(path)
      const startedAt = yield* Clock.currentTimeMillis
      const loadDeadlineMs = options.loadDeadlineMs ?? defaultLoadDeadlineMs
      const service = options.connectHost?.() ?? { handler: options.onHostCall ?? refuseHostCalls, end: () => {} }
      const hostCalls = yield* serveHostCalls(plugin, service.handler, (call, answer) => process.reply(call, answer))
      let process!: PluginProcess
      return yield* Effect.callback<Incarnation, PluginLoadError>((resume) => {
        let opened = false
        const timer = setTimeout(() => {
          process.kill()
          resume(Effect.fail(new PluginLoadDeadlineExceeded({ path, deadlineMs: loadDeadlineMs })))
        }, loadDeadlineMs)
        process = startPluginProcess({
          executable,
          library: path,
          maxThreads: options.maxThreads ?? defaultBridgeOptions.maxThreads,
          eagerThreads: defaultBridgeOptions.eagerThreads,
          threadIdleMs: defaultBridgeOptions.threadIdleMs,
          maxAnswerBytes: options.maxAnswerBytes ?? defaultBridgeOptions.maxAnswerBytes,
          onHostCall: hostCalls.serve,
          onOutput: log,
          onOpened: (outcome) => {
            clearTimeout(timer)
            if (outcome.status !== 0) return resume(Effect.fail(loadError(path, outcome)))
            opened = true
            const incarnation: Incarnation = { process, startedAt, call: callIn(process, () => onStuck(incarnation)) }
            return resume(Effect.succeed(incarnation))
          },
          onExit: (ending, begun) => {
            clearTimeout(timer)
            alive.delete(process)
            fork(Effect.andThen(hostCalls.end, Effect.sync(service.end)))
            if (opened) onExit(process, ending)
            else if (!begun) resume(Effect.fail(new PluginHostExhausted({ path, detail: ending })))
            else
              resume(
                Effect.fail(
                  new PluginHostExhausted({ path, ending, detail: `its process ended while loading it (${ending})` })
                )
              )
          }
        })
        alive.add(process)
        return Effect.sync(() => {
          clearTimeout(timer)
          process.kill()
        })
      })
    })

    const use = (incarnation: Incarnation) => {
      const old = current
      current = incarnation
      wakeQueue()
      return old
    }

    /** Starts a process, prepares it, and sends calls there. Gives the one that it replaces. */
    const startNext = Effect.fnUntraced(
      function* (predecessor: Incarnation | undefined) {
        const next = yield* start
        if (options.prepare !== undefined) {
          yield* options
            .prepare(next.call, predecessor?.call)
            .pipe(Effect.onError(() => Effect.sync(() => next.process.kill())))
        }
        if (closed) next.process.kill()
        return use(next)
      },
      // One attempt that dies must not be the last one.
      Effect.catchDefect((defect) => Effect.fail(new PluginHostExhausted({ path, detail: String(defect) })))
    )

    /** Lets a process finish what it runs, then ends it: in order, or by force where a call never returns. */
    const retire = Effect.fnUntraced(function* ({ process }: Incarnation, byForce: boolean) {
      if (!byForce) process.close()
      const end = (yield* Clock.currentTimeMillis) + policy.drainMs
      while (alive.has(process) && (!byForce || process.waiting() > 0) && (yield* Clock.currentTimeMillis) < end) {
        yield* Effect.sleep(20)
      }
      process.kill()
    })

    const onStuck = (incarnation: Incarnation) => {
      if (closed || current !== incarnation) return
      fork(
        starts.withPermits(1)(
          Effect.gen(function* () {
            if (current !== incarnation) return
            yield* Effect.logWarning(
              `plugin ${plugin} does not return from a call long past its deadline: its process is replaced`
            )
            yield* startNext(undefined)
            yield* retire(incarnation, true).pipe(Effect.forkDetach)
          }).pipe(
            Effect.catch((error) => Effect.logError(`plugin ${plugin} could not be started anew: ${error.message}`)),
            Effect.ensuring(Effect.sync(() => current === incarnation && incarnation.process.kill()))
          )
        )
      )
    }

    /** Starts again after a crash, as often as the policy allows. */
    const restart = (ending: string) =>
      starts.withPermits(1)(
        Effect.gen(function* () {
          let why = ending
          let blameless = ending === KILLED
          while (!closed && current === undefined) {
            if (crashesInARow >= policy.fuseAfter) {
              absence = {
                state: "fused",
                detail: `it ended ${crashesInARow} times in a row, at last with ${why}`,
                waitFor: false
              }
              wakeQueue()
              return yield* Effect.logError(`plugin ${plugin} stays off: ${absence.detail}`)
            }
            const longestMs = blameless ? policy.maxKilledDelayMs : policy.maxDelayMs
            const delayMs = endsInARow <= 1 ? 0 : Math.min(policy.firstDelayMs * 2 ** (endsInARow - 2), longestMs)
            absence = { state: "restarting", detail: `its process ended (${why})`, waitFor: delayMs === 0 }
            wakeQueue()
            if (delayMs > 0) {
              yield* Effect.logWarning(`plugin ${plugin} ended (${why}); it is started again in ${delayMs} ms`)
              yield* Effect.sleep(delayMs)
              absence = { ...absence, waitFor: true }
            }
            const outcome = yield* Effect.result(startNext(undefined))
            if (outcome._tag === "Success") return
            blameless = isBlameless(outcome.failure)
            count(blameless)
            why = outcome.failure.message
          }
        })
      )

    const onExit = (process: PluginProcess, ending: string) => {
      if (closed || current?.process !== process) return
      const { startedAt } = current
      current = undefined
      absence = { state: "restarting", detail: `its process ended (${ending})`, waitFor: endsInARow === 0 }
      fork(
        Effect.gen(function* () {
          const lived = (yield* Clock.currentTimeMillis) - startedAt
          if (lived >= policy.healthyAfterMs) endsInARow = crashesInARow = 0
          count(ending === KILLED)
          yield* restart(ending)
        })
      )
    }

    const call: PluginConnection["call"] = (method, request, callOptions) =>
      Effect.suspend(() => {
        if (closed) return Effect.fail(new PluginClosed({ plugin, method }))
        if (current !== undefined) return current.call(method, request, callOptions)
        return awaitProcess(method, callOptions?.deadlineMs ?? defaultDeadlineMs).pipe(
          Effect.flatMap(() => call(method, request, callOptions))
        )
      })

    /** Waits for the next process, where that is a matter of moments. */
    const awaitProcess = (method: string, deadlineMs: number): Effect.Effect<void, PluginCallError> =>
      Effect.callback<void, PluginCallError>((resume) => {
        const { state, detail, waitFor } = absence
        if (!waitFor) return resume(Effect.fail(new PluginUnavailable({ plugin, method, state, detail })))
        const attempt = () => {
          clearTimeout(timer)
          resume(Effect.void)
        }
        const timer = setTimeout(() => {
          queue.delete(attempt)
          resume(Effect.fail(new PluginDeadlineExceeded({ plugin, method, deadlineMs })))
        }, deadlineMs)
        queue.add(attempt)
        return Effect.sync(() => {
          clearTimeout(timer)
          queue.delete(attempt)
        })
      })

    /** Ends every process: in order, and by force what has not ended within the deadline. */
    const close = Effect.gen(function* () {
      closed = true
      current = undefined
      wakeQueue()
      for (const process of alive) process.close()
      const end = (yield* Clock.currentTimeMillis) + (options.closeDeadlineMs ?? closeDeadlineMs)
      while (alive.size > 0 && (yield* Clock.currentTimeMillis) < end) yield* Effect.sleep(5)
      if (alive.size > 0)
        yield* Effect.logWarning(`plugin ${plugin} still had calls running: its process was ended by force`)
      for (const process of alive) process.kill()
    })

    yield* Effect.acquireRelease(Effect.map(start, use), () => close, { interruptible: true })

    const replace = starts.withPermits(1)(
      Effect.gen(function* () {
        const old = yield* startNext(current)
        endsInARow = crashesInARow = 0
        if (old !== undefined) yield* Effect.forkDetach(retire(old, false))
      })
    )

    const sum = (count: (process: PluginProcess) => number) =>
      [...alive].reduce((total, process) => total + count(process), 0)

    return {
      id: plugin,
      path,
      call,
      replace,
      stats: Effect.sync(() => {
        const pid = current?.process.pid
        return {
          inFlight: sum((process) => process.waiting()),
          abandoned: sum((process) => process.abandoned()),
          ...(pid === undefined ? {} : { pid })
        }
      })
    }
  })
