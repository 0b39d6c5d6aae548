import { PluginClosed, type PluginCallError, PluginDeadlineExceeded, PluginUnavailable } from "@cliproxy/abi"
import { Effect, type Scope } from "effect"
import { resolve } from "node:path"

import type { Bridge, HostCall } from "./bridge.ts"
import type { Handle } from "./bridge-functions.ts"
import { closeDeadlineMs, closePlugin } from "./close-plugin.ts"
import { serveHostCalls } from "./host-calls.ts"
import { loadError, PluginLoadDeadlineExceeded, type PluginLoadError } from "./load-error.ts"
import { openStatus } from "./native-status.ts"
import { NativeBridge } from "./native-bridge.ts"
import type { HostCallHandler, PluginConnection } from "./plugin-connection.ts"
import { checkFile } from "./plugin-file.ts"
import { readAnswer } from "./raw-answer.ts"

/** Milliseconds for loading and initialising, where nothing is said. */
export const defaultLoadDeadlineMs = 10_000

/** Milliseconds for a call, where neither it nor its connection says anything. */
export const defaultCallDeadlineMs = 30_000

/** What to open, and how long to wait for it. */
export interface OpenOptions {
  /** Host-local plugin ID; names the plugin in errors. */
  readonly id: string
  /** Path of the library. */
  readonly path: string
  /** Answers the plugin's calls to the host. */
  readonly onHostCall: HostCallHandler
  /** Milliseconds for loading and initialising. Default 10,000. */
  readonly loadDeadlineMs?: number
  /** Milliseconds for a call that names no deadline of its own. Default 30,000. */
  readonly deadlineMs?: number
  /**
   * Calls that run on after their deadline, each holding a thread, above which further calls fail with
   * `PluginUnavailable` until some have returned. Default 32. Those count whose callers hung up before. Until their
   * deadline, such calls may hold half of the bridge's threads: the others are for other plugins.
   */
  readonly maxStuckCalls?: number
  /** Milliseconds that closing waits for running calls and the shutdown function; then it goes on without. Default 5,000. */
  readonly closeDeadlineMs?: number
}

/** Loads the library; a load that outlives its deadline or its caller is shut down as soon as it ends. */
const load = (bridge: Bridge, path: string, deadlineMs: number, onHostCall: (call: HostCall) => void) =>
  Effect.callback<Handle, PluginLoadError>((resume) => {
    let waiting = true
    const timer = setTimeout(() => {
      waiting = false
      resume(Effect.fail(new PluginLoadDeadlineExceeded({ path, deadlineMs })))
    }, deadlineMs)
    bridge.open(path, onHostCall, (outcome) => {
      clearTimeout(timer)
      if (waiting)
        resume(
          outcome.status === openStatus.ok ? Effect.succeed(outcome.plugin) : Effect.fail(loadError(path, outcome))
        )
      else if (outcome.status === openStatus.ok) bridge.close(outcome.plugin, () => {})
    })
    return Effect.sync(() => {
      waiting = false
      clearTimeout(timer)
    })
  })

/**
 * Opens the plugin library at `path` in this process and initialises it. The connection lives in the scope: when the
 * scope closes, no further call is taken, running calls end, and the plugin's `shutdown` runs once. The library
 * itself stays mapped, since a Go library cannot be unloaded.
 *
 * Plugin code runs on threads of the bridge only. Nothing isolates it: a plugin that crashes takes the process along.
 *
 * Fails with a `PluginLoadError`; a call of the connection with a `PluginCallError`.
 */
export const openPlugin = (
  options: OpenOptions
): Effect.Effect<PluginConnection, PluginLoadError, NativeBridge | Scope.Scope> =>
  Effect.gen(function* () {
    const { bridge } = yield* NativeBridge
    const path = resolve(options.path)
    const plugin = options.id
    const defaultDeadlineMs = options.deadlineMs ?? defaultCallDeadlineMs
    yield* checkFile(path)

    const hostCalls = yield* Effect.acquireRelease(
      serveHostCalls(plugin, options.onHostCall, bridge.reply),
      (hostCalls) => hostCalls.end
    )

    let closed = false
    let inFlight = 0
    let abandoned = 0
    let stuck = 0
    const maxStuckCalls = options.maxStuckCalls ?? 32
    const maxAbandonedCalls = Math.max(1, Math.floor(bridge.maxThreads / 2))

    /** What keeps the plugin from getting another call: nothing can end the calls that hold its threads. */
    const tooMany = (): string | undefined => {
      if (stuck >= maxStuckCalls)
        return `${stuck} calls run on after their deadline, and nothing can end them in this process`
      if (abandoned >= maxAbandonedCalls)
        return `${abandoned} calls run on whose callers have gone, and the other threads are for other plugins`
      return undefined
    }

    const close = Effect.fnUntraced(function* (handle: Handle) {
      closed = true
      const ended = yield* closePlugin(bridge, handle, options.closeDeadlineMs ?? closeDeadlineMs)
      if (!ended) yield* Effect.logWarning(`plugin ${plugin} still has calls running: its shutdown is left to them`)
    })

    const handle = yield* Effect.acquireRelease(
      load(bridge, path, options.loadDeadlineMs ?? defaultLoadDeadlineMs, hostCalls.serve),
      close,
      { interruptible: true }
    )

    const call: PluginConnection["call"] = (method, request, callOptions) =>
      Effect.callback<unknown, PluginCallError>((resume) => {
        if (closed) return resume(Effect.fail(new PluginClosed({ plugin, method })))
        const excess = tooMany()
        if (excess !== undefined)
          return resume(Effect.fail(new PluginUnavailable({ plugin, method, state: "fused", detail: excess })))
        const deadlineMs = callOptions?.deadlineMs ?? defaultDeadlineMs
        const begunAt = performance.now()
        let timer: NodeJS.Timeout | undefined
        let answered = false
        const outcome = bridge.call(handle, method, request, callOptions?.inPlaceMicros ?? 0, (answer) => {
          clearTimeout(timer)
          answered = true
          inFlight--
          resume(readAnswer(plugin, method, answer))
        })
        if (outcome === undefined) return resume(Effect.fail(new PluginClosed({ plugin, method })))
        if ("body" in outcome) return resume(readAnswer(plugin, method, outcome))
        inFlight++
        /** Gives up a call that may run for another `leftMs` until its deadline; then it counts as stuck. */
        const giveUp = (leftMs: number) => {
          if (answered) return
          let isStuck = false
          const countStuck = () => {
            isStuck = true
            stuck++
          }
          const overdue = leftMs > 0 ? setTimeout(countStuck, leftMs).unref() : undefined
          if (overdue === undefined) countStuck()
          inFlight--
          abandoned++
          outcome.abandon(() => {
            clearTimeout(overdue)
            if (isStuck) stuck--
            abandoned--
          })
        }
        timer = setTimeout(() => {
          giveUp(0)
          resume(Effect.fail(new PluginDeadlineExceeded({ plugin, method, deadlineMs })))
        }, deadlineMs)
        return Effect.sync(() => {
          clearTimeout(timer)
          giveUp(Math.max(0, deadlineMs - (performance.now() - begunAt)))
        })
      })

    return { id: plugin, path, call, stats: Effect.sync(() => ({ inFlight, abandoned })) }
  })
