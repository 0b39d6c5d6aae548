import type { PluginCallError } from "@cliproxy/abi"
import { Clock, Effect, type Fiber, Semaphore } from "effect"

import { closeDeadlineMs } from "./close-plugin.ts"
import { type Incarnation, startIncarnation } from "./incarnation.ts"
import { defaultRestartPolicy, type IsolatedOptions } from "./isolated-options.ts"
import { PluginHostExhausted, type PluginLoadError } from "./load-error.ts"
import type { PluginProcess } from "./plugin-process.ts"

/** Why there is no process. */
export interface Absence {
  readonly state: "restarting" | "fused"
  readonly detail: string
  /** The next process is a matter of moments. */
  readonly waitFor: boolean
}

/** Sees to it that a plugin has a process: starts it again, replaces it, gives it up, ends it. */
interface ProcessSupervisor {
  /** The process that gets calls, or why there is none. */
  readonly current: () => Incarnation | Absence
  /** Has `changed` called once, when `current` may say something else; gives what takes it back. */
  readonly awaitChange: (changed: () => void) => () => void
  /** Starts the first process. */
  readonly open: Effect.Effect<void, PluginLoadError>
  /** Puts a new process in place of the current one, or of none. */
  readonly replace: Effect.Effect<void, PluginLoadError | PluginCallError>
  /** Ends every process: in order, and by force what has not ended within the deadline. */
  readonly close: Effect.Effect<void>
  readonly isClosed: () => boolean
  /** Every process that has not ended, those that are being replaced or prepared too. */
  readonly alive: ReadonlySet<PluginProcess>
}

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

/** Supervises the processes of the plugin at `path`, an absolute path. */
export const superviseProcesses = Effect.fnUntraced(function* (
  options: IsolatedOptions,
  path: string,
  executable: string
) {
  const fork = Effect.runForkWith(yield* Effect.context())
  const starts = yield* Semaphore.make(1)
  const policy = { ...defaultRestartPolicy, ...options.restart }
  const plugin = options.id

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
  const awaiting = new Set<() => void>()
  const wake = () => {
    const all = [...awaiting]
    awaiting.clear()
    for (const changed of all) changed()
  }

  /** Starts that nobody has asked for, or pauses before them. They end with the plugin. */
  const comebacks = new Set<Fiber.Fiber<unknown>>()
  const comeBack = (work: Effect.Effect<unknown>) => {
    const fiber = fork(work)
    comebacks.add(fiber)
    fiber.addObserver(() => comebacks.delete(fiber))
  }

  const start = Effect.suspend(() =>
    startIncarnation({
      id: plugin,
      path,
      executable,
      policy,
      limits: options,
      ...(options.onHostCall === undefined ? {} : { onHostCall: options.onHostCall }),
      ...(options.connectHost === undefined ? {} : { connectHost: options.connectHost }),
      ...(options.withheldVariables === undefined ? {} : { withheldVariables: options.withheldVariables }),
      onBegun: (process) => alive.add(process),
      onEnded,
      onStuck
    })
  )

  /** Sends calls to a process that has just been made ready. Gives the one that got them before. */
  const use = (incarnation: Incarnation) =>
    Effect.suspend(() => {
      const ending = incarnation.process.ending()
      if (ending !== undefined) {
        const detail = `its process ended before it got a call (${ending})`
        return Effect.fail(new PluginHostExhausted({ path, ending, detail }))
      }
      const old = current
      current = incarnation
      wake()
      return Effect.succeed(old)
    })

  const refuseWhenClosed = Effect.suspend(() =>
    closed ? Effect.fail(new PluginHostExhausted({ path, detail: "the plugin has been closed" })) : Effect.void
  )

  /** Starts a process, prepares it, and sends calls there. Gives the one that it replaces. */
  const startNext = Effect.fnUntraced(
    function* (predecessor: Incarnation | undefined) {
      const { prepare = () => Effect.void } = options
      yield* refuseWhenClosed
      const next = yield* start
      return yield* refuseWhenClosed.pipe(
        Effect.andThen(prepare(next.call, predecessor?.call)),
        Effect.andThen(refuseWhenClosed),
        Effect.andThen(use(next)),
        Effect.onError(() => Effect.sync(() => next.process.kill()))
      )
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
    comeBack(
      starts.withPermits(1)(
        Effect.gen(function* () {
          if (current !== incarnation) return
          yield* Effect.logWarning(
            `plugin ${plugin} does not return from a call long past its deadline: its process is replaced`
          )
          yield* startNext(undefined)
          fork(retire(incarnation, true))
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
            const detail = `it ended ${crashesInARow} times in a row, at last with ${why}`
            absence = { state: "fused", detail, waitFor: false }
            wake()
            return yield* Effect.logError(`plugin ${plugin} stays off: ${detail}`)
          }
          const longestMs = blameless ? policy.maxKilledDelayMs : policy.maxDelayMs
          const delayMs = endsInARow <= 1 ? 0 : Math.min(policy.firstDelayMs * 2 ** (endsInARow - 2), longestMs)
          absence = { state: "restarting", detail: `its process ended (${why})`, waitFor: delayMs === 0 }
          wake()
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

  const onEnded = (process: PluginProcess, ending: string) => {
    alive.delete(process)
    if (closed || current?.process !== process) return
    const { startedAt } = current
    current = undefined
    absence = { state: "restarting", detail: `its process ended (${ending})`, waitFor: endsInARow === 0 }
    comeBack(
      Effect.gen(function* () {
        const lived = (yield* Clock.currentTimeMillis) - startedAt
        if (lived >= policy.healthyAfterMs) endsInARow = crashesInARow = 0
        count(ending === KILLED)
        yield* restart(ending)
      })
    )
  }

  const replace = starts.withPermits(1)(
    Effect.gen(function* () {
      const old = yield* startNext(current)
      endsInARow = crashesInARow = 0
      if (old !== undefined) fork(retire(old, false))
    })
  )

  const close = Effect.gen(function* () {
    closed = true
    current = undefined
    wake()
    for (const fiber of comebacks) fiber.interruptUnsafe()
    for (const process of alive) process.close()
    const end = (yield* Clock.currentTimeMillis) + (options.closeDeadlineMs ?? closeDeadlineMs)
    while (alive.size > 0 && (yield* Clock.currentTimeMillis) < end) yield* Effect.sleep(5)
    if (alive.size > 0)
      yield* Effect.logWarning(`plugin ${plugin} still had calls running: its process was ended by force`)
    for (const process of alive) process.kill()
  })

  const supervisor: ProcessSupervisor = {
    current: () => current ?? absence,
    awaitChange: (changed) => {
      awaiting.add(changed)
      return () => void awaiting.delete(changed)
    },
    open: Effect.asVoid(Effect.flatMap(start, use)),
    replace,
    close,
    isClosed: () => closed,
    alive
  }
  return supervisor
})
