import { PluginClosed, type PluginCallError, PluginDeadlineExceeded } from "@cliproxy/abi"
import { Cause, Effect, Exit, Fiber, type Scope } from "effect"
import { constants } from "node:fs"
import { access, stat } from "node:fs/promises"
import { resolve } from "node:path"

import type { Bridge, HostCall, OpenOutcome } from "./bridge.ts"
import type { Handle } from "./bridge-functions.ts"
import { closeDeadlineMs, closePlugin } from "./close-plugin.ts"
import {
  PluginAbiUnsupported,
  PluginAlreadyOpen,
  PluginFileMissing,
  PluginHostExhausted,
  PluginInitRefused,
  PluginLoadDeadlineExceeded,
  type PluginLoadError,
  PluginNotALibrary,
  PluginSymbolMissing,
  PluginTableIncomplete
} from "./load-error.ts"
import { NativeBridge } from "./native-bridge.ts"
import type { HostCallHandler, PluginConnection } from "./plugin-connection.ts"
import { readAnswer } from "./raw-answer.ts"

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
  /** Milliseconds that closing waits for running calls and the shutdown function; then it goes on without. Default 5,000. */
  readonly closeDeadlineMs?: number
}

const checkFile = (path: string): Effect.Effect<void, PluginFileMissing | PluginNotALibrary> =>
  Effect.tryPromise({
    try: async () => {
      await access(path, constants.R_OK)
      return (await stat(path)).isFile()
    },
    catch: (cause) => new PluginFileMissing({ path, code: (cause as NodeJS.ErrnoException).code ?? "UNKNOWN" })
  }).pipe(
    Effect.flatMap((isFile) =>
      isFile ? Effect.void : Effect.fail(new PluginNotALibrary({ path, detail: "it is not a regular file" }))
    )
  )

/** By `OPEN_` of native/bridge.h. */
const loadError = (path: string, { status, code, detail }: OpenOutcome): PluginLoadError => {
  switch (status) {
    case 1:
      return new PluginNotALibrary({ path, detail })
    case 2:
      return new PluginSymbolMissing({ path })
    case 3:
      return new PluginInitRefused({ path, returnCode: code })
    case 4:
      return new PluginAbiUnsupported({ path, version: code >>> 0 })
    case 5:
      return new PluginTableIncomplete({
        path,
        missing: [...((code & 1) === 0 ? [] : ["call" as const]), ...((code & 2) === 0 ? [] : ["free_buffer" as const])]
      })
    case 6:
      return new PluginAlreadyOpen({ path })
    default:
      return new PluginHostExhausted({ path })
  }
}

/** Runs each host call in a fiber of its own and sends its answer back; `end` stops those that still run. */
const serveHostCalls = Effect.fnUntraced(function* (bridge: Bridge, plugin: string, handler: HostCallHandler) {
  const fork = Effect.runForkWith(yield* Effect.context())
  const running = new Set<Fiber.Fiber<Uint8Array>>()
  let ended = false
  const serve = (call: HostCall) => {
    if (ended) {
      bridge.reply(call, undefined)
      return
    }
    const fiber = fork(Effect.suspend(() => handler(call.method, call.request)))
    running.add(fiber)
    fiber.addObserver((exit) => {
      running.delete(fiber)
      bridge.reply(call, Exit.isSuccess(exit) ? exit.value : undefined)
      if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) {
        fork(Effect.logError(`the host failed while answering ${call.method} of plugin ${plugin}`, exit.cause))
      }
    })
  }
  const end = Effect.suspend(() => {
    ended = true
    return Fiber.interruptAll(running)
  })
  return { serve, end }
})

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
      if (waiting) resume(outcome.status === 0 ? Effect.succeed(outcome.plugin) : Effect.fail(loadError(path, outcome)))
      else if (outcome.status === 0) bridge.close(outcome.plugin, () => {})
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
    const defaultDeadlineMs = options.deadlineMs ?? 30_000
    yield* checkFile(path)

    const hostCalls = yield* Effect.acquireRelease(
      serveHostCalls(bridge, plugin, options.onHostCall),
      (hostCalls) => hostCalls.end
    )

    let closed = false
    let inFlight = 0
    let abandoned = 0

    const close = Effect.fnUntraced(function* (handle: Handle) {
      closed = true
      const ended = yield* closePlugin(bridge, handle, options.closeDeadlineMs ?? closeDeadlineMs)
      if (!ended) yield* Effect.logWarning(`plugin ${plugin} still has calls running: its shutdown is left to them`)
    })

    const handle = yield* Effect.acquireRelease(
      load(bridge, path, options.loadDeadlineMs ?? 10_000, hostCalls.serve),
      close,
      { interruptible: true }
    )

    const call: PluginConnection["call"] = (method, request, callOptions) =>
      Effect.callback<unknown, PluginCallError>((resume) => {
        if (closed) return resume(Effect.fail(new PluginClosed({ plugin, method })))
        const deadlineMs = callOptions?.deadlineMs ?? defaultDeadlineMs
        let timer: NodeJS.Timeout | undefined
        const outcome = bridge.call(handle, method, request, callOptions?.inPlaceMicros ?? 0, (answer) => {
          clearTimeout(timer)
          inFlight--
          resume(readAnswer(plugin, method, answer))
        })
        if (outcome === undefined) return resume(Effect.fail(new PluginClosed({ plugin, method })))
        if ("body" in outcome) return resume(readAnswer(plugin, method, outcome))
        inFlight++
        const abandon = () => {
          inFlight--
          abandoned++
          outcome.abandon(() => abandoned--)
        }
        timer = setTimeout(() => {
          abandon()
          resume(Effect.fail(new PluginDeadlineExceeded({ plugin, method, deadlineMs })))
        }, deadlineMs)
        return Effect.sync(() => {
          clearTimeout(timer)
          abandon()
        })
      })

    return { id: plugin, path, call, stats: Effect.sync(() => ({ inFlight, abandoned })) }
  })
