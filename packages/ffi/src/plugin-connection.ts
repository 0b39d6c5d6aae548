import type { PluginCallError } from "@cliproxy/abi"
import type { Effect } from "effect"

import type { PluginLoadError } from "./load-error.ts"

/** Settings of one call. */
export interface CallOptions {
  /** Milliseconds after which the caller is freed with `PluginDeadlineExceeded`. Default: the connection's `deadlineMs`. */
  readonly deadlineMs?: number
  /**
   * Microseconds for which the JavaScript thread may wait in place for the answer, before it goes on and takes the
   * answer through the event queue. 0, the default, never waits. Meant for short calls such as `scheduler.pick`.
   */
  readonly inPlaceMicros?: number
}

/** What a connection counts, for metrics and for the people who watch it. */
export interface ConnectionStats {
  /** Calls whose caller still waits. */
  readonly inFlight: number
  /** Calls given up by their caller, still running inside the plugin. */
  readonly abandoned: number
  /** Process ID of the process that holds the plugin; absent in process, and while there is none. */
  readonly pid?: number
}

/**
 * One opened plugin, whatever is behind it (a library in this process, a child process, TypeScript).
 * It lives in the scope that opened it; when the scope closes, running calls end and `shutdown` is called once.
 */
export interface PluginConnection {
  /** Host-local plugin ID. */
  readonly id: string
  /** Absolute path of the library. */
  readonly path: string
  /**
   * Sends `request` (JSON bytes) to `method` and gives the envelope's `result`, already parsed
   * (`undefined` when the envelope had none). Interrupting the effect abandons the call.
   */
  readonly call: (method: string, request: Uint8Array, options?: CallOptions) => Effect.Effect<unknown, PluginCallError>
  readonly stats: Effect.Effect<ConnectionStats>
  /**
   * Starts the plugin anew from its file as it is now, and sends new calls there; running calls finish on the old one.
   * When the new one does not come up, the old one stays in use and the effect fails. Brings back a plugin that stays
   * off after crashes. Absent where a plugin cannot be replaced: a library that is mapped stays mapped.
   */
  readonly replace?: Effect.Effect<void, PluginLoadError | PluginCallError>
}

/**
 * Answers a host call: gets the method and a private copy of the request's bytes, gives the bytes of an envelope.
 * It may take as long as it likes; the plugin's thread waits. It must not fail: errors are `ok: false` envelopes.
 */
export type HostCallHandler = (method: string, request: Uint8Array) => Effect.Effect<Uint8Array>

/** What serves the host calls of one process of a plugin. */
export interface HostCallService {
  readonly handler: HostCallHandler
  /** Called once, when that process has ended: what it left open can be closed. */
  readonly end: () => void
}
