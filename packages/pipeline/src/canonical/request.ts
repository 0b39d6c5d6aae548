import type { Extensions } from "./extensions.ts"
import type { JsonObject } from "./json.ts"
import type { Message } from "./message.ts"
import type { Reasoning } from "./reasoning.ts"
import type { Tool, ToolChoice } from "./tool.ts"

/** In what form the model shall answer. */
export type ResponseFormat =
  | { readonly type: "text" }
  /** Any JSON object. */
  | { readonly type: "json" }
  | {
      readonly type: "json_schema"
      readonly name?: string | undefined
      readonly description?: string | undefined
      readonly schema: JsonObject
      readonly strict?: boolean | undefined
    }

/** Numbers that steer how tokens are chosen. Each as the client gave it; none has a default here. */
export interface Sampling {
  readonly temperature?: number | undefined
  readonly topP?: number | undefined
  readonly topK?: number | undefined
  readonly seed?: number | undefined
  readonly presencePenalty?: number | undefined
  readonly frequencyPenalty?: number | undefined
}

/** What of the probabilities of tokens the client wants. */
export interface LogprobsRequest {
  /** How many of the likeliest tokens in the place of each, from 0; left out for none. */
  readonly top?: number | undefined
}

/** A request for an answer of a model, in no protocol. */
export interface CanonicalRequest {
  /** As the client wrote it. */
  readonly model: string
  readonly stream: boolean
  readonly messages: ReadonlyArray<Message>
  readonly tools: ReadonlyArray<Tool>
  readonly toolChoice?: ToolChoice | undefined
  /** Whether the model may call several tools at once. */
  readonly parallelToolCalls?: boolean | undefined
  /** Most tokens of the answer, reasoning included. */
  readonly maxTokens?: number | undefined
  readonly sampling: Sampling
  readonly stop: ReadonlyArray<string>
  /** How many answers; 1 when left out. */
  readonly choices?: number | undefined
  readonly responseFormat?: ResponseFormat | undefined
  readonly reasoning?: Reasoning | undefined
  /** Asks for the probability of each token of the answer. */
  readonly logprobs?: LogprobsRequest | undefined
  /** Whether the client wants the usage in the stream, where its protocol asks. Source: OpenAI `stream_options`. */
  readonly streamUsage?: boolean | undefined
  /** The end user, as the client names them to the provider. */
  readonly user?: string | undefined
  readonly extensions?: Extensions | undefined
}
