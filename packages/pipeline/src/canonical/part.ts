import type { Citation } from "./citation.ts"
import type { Extensions, ProtocolName } from "./extensions.ts"
import type { JsonObject } from "./json.ts"
import type { TokenLogprob } from "./token-logprob.ts"

/** Marks the end of a prefix that the provider shall cache. Source: Claude Messages API, `cache_control`. */
export interface CacheMark {
  /** How long the prefix is kept: `5m`, `1h`; left out for the provider's default. */
  readonly ttl?: string | undefined
}

/** Where the bytes of an image, an audio or a file are. */
export type MediaSource =
  | {
      readonly kind: "base64"
      /** Such as `image/png`. */
      readonly mediaType: string
      /** Standard base64, without a `data:` prefix. */
      readonly data: string
    }
  | { readonly kind: "url"; readonly url: string; readonly mediaType?: string | undefined }
  /** A file that was uploaded to `protocol`'s provider before: nobody else knows it. */
  | {
      readonly kind: "uploaded"
      readonly protocol: ProtocolName
      readonly id: string
      readonly mediaType?: string | undefined
    }

/** Visible text. */
export interface TextPart {
  readonly type: "text"
  readonly text: string
  /** What the text rests on. Of answers; a history has only those that Claude may want back. */
  readonly citations?: ReadonlyArray<Citation> | undefined
  /** Its tokens, where the request asked for their probabilities. Of answers alone. */
  readonly logprobs?: ReadonlyArray<TokenLogprob> | undefined
  readonly cache?: CacheMark | undefined
  readonly extensions?: Extensions | undefined
}

/** An image. */
export interface ImagePart {
  readonly type: "image"
  readonly source: MediaSource
  /** `low`, `high`, `auto`. Source: OpenAI API reference, chat completions, `image_url.detail`. */
  readonly detail?: string | undefined
  readonly cache?: CacheMark | undefined
  readonly extensions?: Extensions | undefined
}

/** Any other media: documents, audio, video, told apart by the media type of the source. */
export interface FilePart {
  readonly type: "file"
  readonly source: MediaSource
  readonly name?: string | undefined
  readonly cache?: CacheMark | undefined
  readonly extensions?: Extensions | undefined
}

/** Arguments of a tool call: the parsed object, or the JSON text as it came, which may be empty or malformed. */
export type ToolArguments = JsonObject | string

/** A provider's opaque proof that it wrote something. Only its issuer can check it. */
export interface Signature {
  readonly issuer: ProtocolName
  readonly value: string
}

/** The model calls a tool. */
export interface ToolCallPart {
  readonly type: "tool_call"
  /** Never empty: a codec whose protocol gave none makes one. */
  readonly id: string
  readonly name: string
  readonly arguments: ToolArguments
  readonly signature?: Signature | undefined
  readonly cache?: CacheMark | undefined
  readonly extensions?: Extensions | undefined
}

/** What a tool answered. */
export interface ToolResultPart {
  readonly type: "tool_result"
  /** The `id` of the call. */
  readonly callId: string
  /** The tool's name, where the protocol says it. Else it is found by `callId` in the calls before. */
  readonly name?: string | undefined
  readonly content: ReadonlyArray<TextPart | ImagePart | FilePart>
  readonly isError?: boolean | undefined
  readonly cache?: CacheMark | undefined
  readonly extensions?: Extensions | undefined
}

/** What the model thought before it answered. */
export interface ReasoningPart {
  readonly type: "reasoning"
  /** May be empty when only the signature, or nothing readable, is known. */
  readonly text: string
  readonly signature?: Signature | undefined
  /** Encrypted thought in place of a text. Its issuer alone can read it. Source: Claude, `redacted_thinking`. */
  readonly redacted?: Signature | undefined
  readonly extensions?: Extensions | undefined
}

/** The model declines, in words of its own. Source: OpenAI API reference, `refusal`. */
export interface RefusalPart {
  readonly type: "refusal"
  readonly text: string
}

/** A part that only `protocol` knows, as it came. Written when the same protocol leaves, dropped elsewhere. */
export interface ForeignPart {
  readonly type: "foreign"
  readonly protocol: ProtocolName
  readonly value: JsonObject
}

/** One piece of a message. */
export type Part =
  | TextPart
  | ImagePart
  | FilePart
  | ToolCallPart
  | ToolResultPart
  | ReasoningPart
  | RefusalPart
  | ForeignPart
