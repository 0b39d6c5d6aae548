import { Effect } from "effect"

import type { Conversions } from "./executor-formats.ts"

/** A request's body on its way to an executor that does not read the client's protocol. */
export interface RequestTranslation {
  readonly from: string
  readonly to: string
  readonly model: string
  readonly stream: boolean
  readonly body: Uint8Array
}

/** An answer, or one chunk of a stream, on its way from such an executor. */
export interface ResponseTranslation extends RequestTranslation {
  /** The client's body. */
  readonly originalRequest: Uint8Array
  /** The body that the executor got. */
  readonly translatedRequest: Uint8Array
}

/** What carries bodies between the protocols of clients and executors. It never fails: at worst nothing changes. */
export interface Translation {
  readonly conversions: Conversions
  readonly request: (work: RequestTranslation) => Effect.Effect<Uint8Array>
  /** Gives the whole answer, or what one chunk becomes: several, one or none. */
  readonly response: (work: ResponseTranslation) => Effect.Effect<ReadonlyArray<Uint8Array>>
}

/** No conversions: executors have to speak the client's protocol. */
export const NO_TRANSLATION: Translation = {
  conversions: { request: () => false, response: () => false },
  request: ({ body }) => Effect.succeed(body),
  response: ({ body }) => Effect.succeed([body])
}
