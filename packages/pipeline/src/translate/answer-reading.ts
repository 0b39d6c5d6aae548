import type { CanonicalResponse } from "../canonical/response.ts"
import type { StreamEvent } from "../canonical/stream-event.ts"
import type { ClientCodec, ProviderCodec, ProviderErrorFields, TranslationContext } from "../codecs/codec.ts"
import { parseExact } from "../codecs/exact-json.ts"
import { isObject, parseJson } from "../codecs/json-fields.ts"
import type { Redact } from "../credentials/redact-secrets.ts"
import { readHiddenError } from "../provider/provider-error-body.ts"
import type { ProviderProtocol } from "../provider/provider-protocol.ts"
import { EVENT_STREAM } from "../wire/event-stream.ts"
import { jsonBytes } from "../wire/json-bytes.ts"
import { providerCodecs } from "./codecs.ts"
import { isEmptyAnswer } from "./empty-answer.ts"
import { makeFrameWriter } from "./frame-writer.ts"
import { emitResponse } from "./response-events.ts"
import {
  type AnswerCost,
  depthFault,
  type StreamFault,
  type StreamPassage,
  translatedPassage,
  untouchedPassage
} from "./stream-passage.ts"

/** What a whole answer of a provider became, or what is wrong with it. */
export type WholeRead =
  | {
      readonly kind: "whole" | "stream"
      /** `undefined` for what the provider said. */
      readonly contentType: string | undefined
      readonly body: Buffer
    }
  | { readonly fault: StreamFault }

/** How the answer of one attempt is read, and what the client gets of it. */
export interface AnswerReading {
  /**
   * Takes a whole answer. `asStream`: the client wants a stream, and the provider did not give one. `redact` takes
   * the secrets out of the texts of errors.
   */
  readonly whole: (body: Buffer, asStream: boolean, redact: Redact) => WholeRead
  /** Begins a stream. Called at most once. */
  readonly stream: () => StreamPassage
  /** What the answer has cost; `undefined` when it was not read. */
  readonly cost: () => AnswerCost | undefined
  /** Reads the provider's words for an error. */
  readonly decodeError: (json: unknown) => ProviderErrorFields | undefined
}

const broken = (message: string): { readonly fault: StreamFault } => ({ fault: { kind: "broken", message } })

const NOT_WHOLE = "The provider's answer is empty or not a whole JSON object."

/** Bytes of a body that may be an error in disguise, or an empty answer. A real answer of this size is cheap to read. */
const MAX_SUSPECT_BYTES = 64 * 1024

/**
 * For a client that speaks the provider's protocol: the bytes go on as they are. `context` is that of nobody's request:
 * it serves to recognise an answer that is none.
 */
export const untouchedReading = (protocol: ProviderProtocol, context: TranslationContext): AnswerReading => {
  const codec = providerCodecs[protocol]
  return {
    cost: noCost,
    decodeError: codec.decodeError,
    stream: () => untouchedPassage(protocol, codec.makeStreamDecoder(context)),
    whole: (body, _asStream, redact) => {
      if (!looksWhole(body)) return broken(NOT_WHOLE)
      if (mayHideError(body)) {
        const hidden = readHiddenError(body.toString(), codec.decodeError, redact)
        if (hidden !== undefined) return { fault: { kind: "error", error: hidden } }
      }
      if (MAY_BE_EMPTY[protocol](body)) {
        const json = parseJson(body.toString())
        if (isObject(json) && isEmptyAnswer(codec.decodeResponse(json, context))) return { fault: { kind: "empty" } }
      }
      return { kind: "whole", contentType: undefined, body }
    }
  }
}

/** For a client that speaks another protocol than the provider. */
export const translatedReading = (
  provider: ProviderCodec,
  client: ClientCodec,
  context: TranslationContext
): AnswerReading => {
  let cost: () => AnswerCost | undefined = noCost
  return {
    cost: () => cost(),
    decodeError: provider.decodeError,
    stream: () => {
      const passage = translatedPassage(provider.makeStreamDecoder(context), client.makeStreamEncoder(context))
      cost = passage.cost
      return passage
    },
    whole: (body, asStream, redact) => {
      const text = body.toString()
      const json = parseExact(text)
      const hidden = json === undefined ? undefined : readHiddenError(text, provider.decodeError, redact, json)
      if (hidden !== undefined) return { fault: { kind: "error", error: hidden } }
      if (!isObject(json)) return broken(NOT_WHOLE)
      try {
        const response = provider.decodeResponse(json, context)
        const { model, serviceTier = "", usage } = response
        cost = () => ({ usage, model, serviceTier })
        if (isEmptyAnswer(response)) return { fault: { kind: "empty" } }
        if (asStream) return asOneStream(response, client, context)
        const answer = jsonBytes(client.encodeResponse(response, context))
        return { kind: "whole", contentType: "application/json", body: answer }
      } catch (error) {
        return { fault: depthFault(error) }
      }
    }
  }
}

const noCost = (): undefined => undefined

/** For a question about the number of tokens. */
export const countReading = (provider: ProviderCodec, client: ClientCodec): AnswerReading => ({
  cost: noCost,
  decodeError: provider.decodeError,
  stream: () => noStream,
  whole: (body, _asStream, redact) => {
    const text = body.toString()
    const json = parseJson(text)
    if (!isObject(json)) return broken(NOT_WHOLE)
    const hidden = readHiddenError(text, provider.decodeError, redact, json)
    if (hidden !== undefined) return { fault: { kind: "error", error: hidden } }
    if (provider.protocol === client.protocol) return { kind: "whole", contentType: undefined, body }
    const inputTokens = provider.decodeTokenCount(json)
    if (inputTokens === undefined) return broken("The provider's answer does not say how many tokens there are.")
    const counted = jsonBytes(client.encodeTokenCount({ inputTokens }))
    return { kind: "whole", contentType: "application/json", body: counted }
  }
})

/** For what the gateway does not look into, such as embeddings. */
export const opaqueReading = (provider: ProviderCodec): AnswerReading => ({
  cost: noCost,
  decodeError: provider.decodeError,
  stream: () => noStream,
  whole: (body, _asStream, redact) => {
    if (!looksWhole(body)) return broken(NOT_WHOLE)
    const hidden = mayHideError(body) ? readHiddenError(body.toString(), provider.decodeError, redact) : undefined
    return hidden === undefined
      ? { kind: "whole", contentType: undefined, body }
      : { fault: { kind: "error", error: hidden } }
  }
})

const NO_STREAM: StreamFault = { kind: "broken", message: "The provider answered with a stream that nobody asked for." }

const noStream: StreamPassage = {
  contentType: undefined,
  push: () => undefined,
  end: () => undefined,
  fault: () => NO_STREAM,
  whole: () => false,
  cost: noCost
}

const asOneStream = (response: CanonicalResponse, client: ClientCodec, context: TranslationContext): WholeRead => {
  const writer = makeFrameWriter()
  const encoder = client.makeStreamEncoder(context)
  emitResponse(response, (event: StreamEvent) => encoder.push(event, writer.emit))
  return { kind: "stream", contentType: EVENT_STREAM, body: Buffer.from(writer.take()) }
}

const ERROR_FIELD = Buffer.from('"error"')

/** Cheap enough for every answer: only a short one that has the word is worth parsing. */
const mayHideError = (body: Buffer): boolean => body.length <= MAX_SUSPECT_BYTES && body.includes(ERROR_FIELD)

/** What an answer without content has, or lacks, in each protocol. Only such an answer is worth parsing. */
const MAY_BE_EMPTY: Readonly<Record<ProviderProtocol, (body: Buffer) => boolean>> = {
  openai: (body) => body.length < 4096 && !/"content"\s*:\s*(\[|"[^"])/.test(body.toString("latin1")),
  claude: (body) => body.length < 4096 && /"content"\s*:\s*\[\s*\]/.test(body.toString("latin1")),
  gemini: (body) => body.length < 4096 && !/"parts"\s*:\s*\[\s*\{/.test(body.toString("latin1"))
}

/** Whether the body begins and ends as a JSON object does. A body cut by a closed connection does not. */
const looksWhole = (body: Buffer): boolean => {
  let start = 0
  let end = body.length - 1
  while (start < end && (body[start] ?? 0) <= 0x20) start++
  while (end > start && (body[end] ?? 0) <= 0x20) end--
  return body[start] === 0x7b && body[end] === 0x7d && end > start
}
