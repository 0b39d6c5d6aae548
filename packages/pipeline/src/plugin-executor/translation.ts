import { Effect } from "effect"

import type { TranslationContext } from "../codecs/codec.ts"
import type { InvalidRequest } from "../gateway-error.ts"
import type { Conversions } from "./executor-formats.ts"

/** A request's body on its way to an executor that does not read the client's protocol. */
export interface RequestTranslation {
  readonly from: string
  readonly to: string
  readonly model: string
  readonly stream: boolean
  readonly body: Uint8Array
  /** Whether the request is a question for its number of tokens. */
  readonly countTokens?: boolean | undefined
}

/** The body for the executor. */
export interface TranslatedRequest {
  readonly body: Uint8Array
  /** What reading the answer needs, when the gateway itself has translated. */
  readonly context: TranslationContext | undefined
}

/** An answer, whole or in chunks, on its way from such an executor. */
export interface ResponseTranslation {
  readonly from: string
  readonly to: string
  readonly model: string
  readonly stream: boolean
  /** The client's body. */
  readonly originalRequest: Uint8Array
  readonly translated: TranslatedRequest
}

/** The way back of one answer. It never fails: at worst nothing changes. */
export interface TranslatedResponse {
  /** Gives the whole answer, or what one chunk becomes: several, one or none. */
  readonly push: (body: Uint8Array) => Effect.Effect<ReadonlyArray<Uint8Array>>
  /** What is left when a stream has ended well. */
  readonly end: Effect.Effect<ReadonlyArray<Uint8Array>>
}

/** What carries bodies between the protocols of clients and executors. */
export interface Translation {
  readonly conversions: Conversions
  /** Fails with what is wrong with the client's request, when it has to be understood to be translated. */
  readonly request: (work: RequestTranslation) => Effect.Effect<TranslatedRequest, InvalidRequest>
  /** Begins the way back of one answer. */
  readonly response: (work: ResponseTranslation) => TranslatedResponse
}

/** An answer that stays as it is. */
export const SAME_RESPONSE: TranslatedResponse = {
  push: (body) => Effect.succeed([body]),
  end: Effect.succeed([])
}

/** No conversions: executors have to speak the client's protocol. */
export const NO_TRANSLATION: Translation = {
  conversions: { request: () => false, response: () => false },
  request: ({ body }) => Effect.succeed({ body, context: undefined }),
  response: () => SAME_RESPONSE
}
