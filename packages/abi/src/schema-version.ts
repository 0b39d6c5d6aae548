import type { Registration } from "./lifecycle.ts"
import { schemaVersionOf } from "./registration.ts"
import { STREAM_START_INDEX } from "./response-interceptor.ts"

// Everything in which the host treats plugins differently by the message schema that they registered.
// Source: plugin ABI, versions (`docs/plugin-abi.md`).

/** Which of its long fields a call of `response.intercept_stream_chunk` has. */
export interface StreamChunkBodies {
  /** `OriginalRequest` and `RequestBody`. Without them in every call, the cost of a stream stays linear. */
  readonly requestBodies: boolean
  /** `HistoryChunks`. */
  readonly history: boolean
}

/**
 * Which bodies a plugin of this schema gets with a chunk: the call that starts the stream has them all, chunks come
 * without request bodies from schema 3 on and without history from schema 5 on.
 */
export const streamChunkBodiesFor = (schemaVersion: number, chunkIndex: number): StreamChunkBodies => {
  const start = chunkIndex === STREAM_START_INDEX
  return { requestBodies: start || schemaVersion < 3, history: start || schemaVersion < 5 }
}

/**
 * True when JSON answers of `management.handle` are passed on as they are, from schema 6 on. Before, the texts in them
 * are escaped for HTML, because plugins counted on pages that put them into the document.
 */
export const managementBodyIsRaw = (schemaVersion: number): boolean => schemaVersion >= 6

/** Flags that do without bodies count from schema 7 on, where they came to be. */
const canOmitBodies = (registration: Registration): boolean => schemaVersionOf(registration) >= 7

/** True when `request.intercept_before` or `request.intercept_after` of this plugin gets the request's body. */
export const interceptorGetsBody = (registration: Registration, phase: "before" | "after"): boolean =>
  !(canOmitBodies(registration) && registration.capabilities[`request_interceptor_omit_body_${phase}`])

/** True when `frontend_auth.authenticate` of this plugin gets the request's body. The flag has two spellings. */
export const frontendAuthGetsBody = (registration: Registration): boolean => {
  const { frontend_auth_provider_omit_body: omit, frontend_auth_omit_body: omitToo } = registration.capabilities
  return !(canOmitBodies(registration) && (omit || omitToo))
}
