import type { Citation } from "./citation.ts"
import type { ForeignPart, ImagePart, Signature } from "./part.ts"
import type { StopReason } from "./response.ts"
import type { TokenLogprob } from "./token-logprob.ts"
import type { Usage } from "./usage.ts"

/** What a part of a streamed answer is, told when it begins. */
export type StartedPart =
  | { readonly type: "text" }
  | { readonly type: "refusal" }
  | { readonly type: "reasoning" }
  /** With its final ID and name: a decoder waits until it knows both. */
  | {
      readonly type: "tool_call"
      readonly id: string
      readonly name: string
      readonly signature?: Signature | undefined
    }
  /** Whole from its beginning: it gets no deltas, as a foreign part does not. */
  | ImagePart
  | ForeignPart

/** An error that the provider reported in its stream, or that its stream is. */
export interface StreamError {
  /** HTTP status that says what the error is, 400 to 599. */
  readonly status: number
  readonly message: string
  /** The provider's own words for it, when it sent them. */
  readonly type: string | null
  readonly code: string | null
}

/**
 * One event of a streamed answer, in no protocol.
 *
 * Order: `start` first. A part is begun by `part_start`, gets its deltas, and is ended by `part_end`; its `part` is its
 * index in the choice: dense, from 0, in the order of starts. Several parts may be open at once (parallel tool calls).
 * All parts of a choice are ended before its `finish`, and nothing of it follows that. `usage` may come at any time, and
 * again with later numbers. `end` is the last event of a whole stream; `error` is the last event of any other.
 */
export type StreamEvent =
  | {
      readonly type: "start"
      readonly id: string
      readonly model: string
      /** Unix seconds. */
      readonly createdAt?: number | undefined
      readonly serviceTier?: string | undefined
    }
  | { readonly type: "part_start"; readonly choice: number; readonly part: number; readonly value: StartedPart }
  /** More text of a text, a refusal or a reasoning. Never empty; never half a surrogate pair. */
  | { readonly type: "text"; readonly choice: number; readonly part: number; readonly text: string }
  /** More JSON text of a tool call's arguments. Never empty. */
  | { readonly type: "arguments"; readonly choice: number; readonly part: number; readonly json: string }
  /** The signature of a reasoning or a tool call that is open. */
  | { readonly type: "signature"; readonly choice: number; readonly part: number; readonly signature: Signature }
  /** Encrypted thought, in place of the text of a reasoning that is open. */
  | { readonly type: "redacted"; readonly choice: number; readonly part: number; readonly value: Signature }
  /** A source of a text that is open, or has ended: some providers tell their sources last of all. */
  | { readonly type: "citation"; readonly choice: number; readonly part: number; readonly citation: Citation }
  /** More tokens of a text that is open or has ended. They come before the piece of text that they make up. */
  | {
      readonly type: "logprobs"
      readonly choice: number
      readonly part: number
      readonly tokens: ReadonlyArray<TokenLogprob>
    }
  | { readonly type: "part_end"; readonly choice: number; readonly part: number }
  | { readonly type: "usage"; readonly usage: Usage }
  | {
      readonly type: "finish"
      readonly choice: number
      readonly reason: StopReason
      readonly stopSequence?: string | undefined
    }
  | { readonly type: "end" }
  | { readonly type: "error"; readonly error: StreamError }

/**
 * Whether an event brings something of the answer itself, so that from it on no other credential can be tried. That a
 * message, a text or a reasoning begins means nothing yet.
 */
export const isMeaningful = (event: StreamEvent): boolean => {
  switch (event.type) {
    case "text":
    case "arguments":
    case "redacted":
      return true
    case "part_start":
      return event.value.type === "tool_call" || event.value.type === "image" || event.value.type === "foreign"
    default:
      return false
  }
}
