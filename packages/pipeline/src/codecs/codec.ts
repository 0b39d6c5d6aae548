import type { Result } from "effect"

import type { ClientError } from "../canonical/client-error.ts"
import type { ProtocolName } from "../canonical/extensions.ts"
import type { JsonObject } from "../canonical/json.ts"
import type { Reasoning } from "../canonical/reasoning.ts"
import type { CanonicalRequest } from "../canonical/request.ts"
import type { CanonicalResponse } from "../canonical/response.ts"
import type { StreamEvent } from "../canonical/stream-event.ts"
import type { ModelListing } from "../gateway.ts"
import type { InvalidRequest } from "../gateway-error.ts"

/** What both sides of one translated exchange share. Made anew for each attempt. */
export interface TranslationContext {
  /** What the client asked. */
  readonly request: CanonicalRequest
  /** Model as the provider knows it, without a thinking suffix. */
  readonly upstreamModel: string
  /** Unix seconds at which the request came. */
  readonly createdAt: number
  /** A new random text of 24 letters and digits, for IDs. */
  readonly newId: () => string
  /** Tool names that had to be written differently for the provider: as written there, to the client's. */
  readonly toolNames: Map<string, string>
  /** Input tokens of the request, estimated: for protocols that tell them before the provider does. */
  readonly estimatedInputTokens: () => number
}

/** Takes the canonical events of a stream, in order. */
export type EmitEvent = (event: StreamEvent) => void

/**
 * Reads one provider's stream. Plain functions, called for every event: they throw nothing but the `RangeError` of JSON
 * that nests deeper than JavaScript's stack is.
 */
export interface StreamDecoder {
  /**
   * Takes the `data` of one server-sent event. What is not JSON, or an error of the provider, gives an `error` event;
   * what is not known gives nothing.
   */
  readonly push: (data: string, emit: EmitEvent) => void
  /**
   * The provider has ended the stream. When the answer was whole (its protocol's last word was seen), this ends what is
   * open and gives `end`, unless `push` has done so; when it was not, this gives an `error` event with status 502.
   * Nothing is given after an `end` or an `error`.
   */
  readonly end: (emit: EmitEvent) => void
}

/** Takes one server-sent event for the client: its `event` name, if the protocol names events, and its `data`. */
export type EmitFrame = (data: string, event?: string) => void

/** Writes a stream in the client's protocol. Plain functions, called for every event, that throw as decoders do. */
export interface StreamEncoder {
  readonly push: (event: StreamEvent, emit: EmitFrame) => void
}

/** An answer to a question for the number of tokens of a request. */
export interface TokenCount {
  readonly inputTokens: number
}

/** What a client may write where a protocol puts the model and the stream outside of the body. */
export interface RequestTarget {
  readonly model: string
  readonly stream: boolean
  /** The earlier answer of the Responses API that was put into the body: the answer names it. */
  readonly previousResponseId?: string | undefined
}

/** The half of a protocol that a client sees. */
export interface ClientCodec {
  readonly protocol: ProtocolName
  /**
   * Reads a client's request. `target` wins over the body. Unknown fields are kept as extensions; a known field of a
   * wrong type fails with 400 that names it by its path, such as `messages[2].content`.
   */
  readonly decodeRequest: (json: JsonObject, target: RequestTarget) => Result.Result<CanonicalRequest, InvalidRequest>
  /** The same for a question for the number of tokens, where its body differs; `decodeRequest` reads it otherwise. */
  readonly decodeCountRequest?: ClientCodec["decodeRequest"]
  /** A whole answer as the body of the client's. */
  readonly encodeResponse: (response: CanonicalResponse, context: TranslationContext) => JsonObject
  readonly makeStreamEncoder: (context: TranslationContext) => StreamEncoder
  /** The body of an error answer. */
  readonly encodeError: (error: ClientError) => JsonObject
  /**
   * The error in the middle of a stream of this protocol, whatever was sent before, and whoever wrote it. No more frames
   * follow.
   */
  readonly encodeStreamError: (error: ClientError, emit: EmitFrame) => void
  /**
   * The same error as bare text, for a protocol whose SDK knows an error only by a piece of the body outside of
   * server-sent events: written after the frames of `encodeStreamError`, in a write of its own, with nothing after it.
   */
  readonly encodeBareStreamError?: (error: ClientError) => string
  readonly encodeTokenCount: (count: TokenCount) => JsonObject
  /** The body of a model list, in the order given. */
  readonly encodeModels: (models: ReadonlyArray<ModelListing>) => JsonObject
  readonly encodeModel: (model: ModelListing) => JsonObject
}

/** An error answer of a provider as its protocol words it. */
export interface ProviderErrorFields {
  readonly message: string | undefined
  readonly type: string | undefined
  readonly code: string | undefined
  readonly param: string | undefined
  /** HTTP status that the body names, for errors inside an answer that calls itself a success. */
  readonly status: number | undefined
}

/**
 * The half of a protocol that a provider sees. Its functions fail on nothing but JSON that nests deeper than JavaScript's
 * stack is, with a `RangeError`.
 */
export interface ProviderCodec {
  readonly protocol: ProtocolName
  /** The body for the provider. Model names go where the protocol has them in the body. */
  readonly encodeRequest: (request: CanonicalRequest, context: TranslationContext) => JsonObject
  /** The same request as a question for its number of tokens; `undefined` when the protocol has no such question. */
  readonly encodeCountRequest: ((request: CanonicalRequest, context: TranslationContext) => JsonObject) | undefined
  /** The number in the answer to that question; `undefined` when there is none. */
  readonly decodeTokenCount: (json: JsonObject) => number | undefined
  /** Reads a whole answer. What is missing or odd is left out, never refused. */
  readonly decodeResponse: (json: JsonObject, context: TranslationContext) => CanonicalResponse
  readonly makeStreamDecoder: (context: TranslationContext) => StreamDecoder
  /** The error in a body; `undefined` when the body is none. */
  readonly decodeError: (json: unknown) => ProviderErrorFields | undefined
  /**
   * A body of this protocol that a client wants to go to a provider of the same protocol: without what other providers
   * have left in the conversation and this one would refuse, such as their signatures. The same object when there is
   * nothing of the kind.
   */
  readonly fitHistory?: (body: JsonObject, upstreamModel: string) => JsonObject
  /**
   * A request body of this protocol with its reasoning set: for a thinking suffix when nothing is translated.
   * `upstreamModel` is the provider's name of the model, for protocols whose models differ in how they are told.
   */
  readonly withReasoning: (body: JsonObject, reasoning: Reasoning, upstreamModel?: string) => JsonObject
}
