import type { ClientCodec, ProviderCodec, TranslationContext } from "../codecs/codec.ts"
import { isObject, parseJson, textOr } from "../codecs/json-fields.ts"
import { eventText } from "../wire/event-stream.ts"
import { readSseEvents } from "../wire/sse-events.ts"
import { clientCodec, providerCodec } from "./codecs.ts"

/**
 * The host's own translator for one answer, where plugins see it piece by piece: a whole body, or the chunks of a stream.
 * A chunk is what plugins know as one: bare JSON for `openai` and `gemini`, event text for all others.
 * Source: plugin ABI, chunk shapes.
 */
export interface NativeAnswer {
  /** Gives exactly one body for a whole answer; none, one or several chunks for a chunk. */
  readonly push: (body: Buffer) => ReadonlyArray<Buffer>
  /** The stream is over and was whole: gives what is left. */
  readonly end: () => ReadonlyArray<Buffer>
}

/** The translator from an upstream's protocol to a client's; `undefined` when the host has none for the pair. */
export const nativeAnswer = (
  from: string,
  to: string,
  stream: boolean,
  context: () => TranslationContext
): NativeAnswer | undefined => {
  const client = clientCodec(to)
  if (client === undefined) return undefined
  if (from === to) return stream ? sameChunks(to) : sameBody
  const provider = providerCodec(from)
  if (provider === undefined) return undefined
  return stream ? translatedChunks(provider, client, context()) : translatedBody(provider, client, context())
}

/** Whether there is such a translator. */
export const hasNativeAnswer = (from: string, to: string): boolean =>
  clientCodec(to) !== undefined && (from === to || providerCodec(from) !== undefined)

const NOTHING: ReadonlyArray<Buffer> = []

const sameBody: NativeAnswer = { push: (body) => [body], end: () => NOTHING }

const sameChunks = (protocol: string): NativeAnswer => ({
  push: (chunk) => {
    const chunks: Array<Buffer> = []
    for (const data of dataOf(chunk)) addChunk(protocol, chunks, data, eventNameOf(protocol, data))
    return chunks
  },
  end: () => NOTHING
})

const translatedBody = (provider: ProviderCodec, client: ClientCodec, context: TranslationContext): NativeAnswer => ({
  push: (body) => {
    const json = parseJson(body.toString())
    if (!isObject(json)) return [body]
    return [Buffer.from(JSON.stringify(client.encodeResponse(provider.decodeResponse(json, context), context)))]
  },
  end: () => NOTHING
})

const translatedChunks = (provider: ProviderCodec, client: ClientCodec, context: TranslationContext): NativeAnswer => {
  const decoder = provider.makeStreamDecoder(context)
  const encoder = client.makeStreamEncoder(context)
  let chunks: Array<Buffer> = []
  const take = (): ReadonlyArray<Buffer> => {
    const taken = chunks
    chunks = []
    return taken
  }
  const onEvent: Parameters<typeof decoder.push>[1] = (event) => {
    // A stream that breaks is told by whoever reads it from the upstream.
    if (event.type === "error") return
    encoder.push(event, (data, name) => addChunk(client.protocol, chunks, data, name))
  }
  return {
    push: (chunk) => {
      for (const data of dataOf(chunk)) decoder.push(data, onEvent)
      return take()
    },
    end: () => {
      // Plugins that execute send no end mark of their own. Source: plugin ABI, chunk shapes.
      if (provider.protocol === "openai") decoder.push("[DONE]", onEvent)
      else decoder.end(onEvent)
      return take()
    }
  }
}

/** The `data` of the events in a chunk, which may be bare JSON, one line, or the text of one or more events. */
const dataOf = (chunk: Buffer): ReadonlyArray<string> => {
  const text = chunk.toString()
  if (/^\s*[{[]/.test(text)) return [text]
  return readSseEvents()
    .push(Buffer.from(`${text}\n\n`))
    .map(({ data }) => data)
}

const addChunk = (protocol: string, chunks: Array<Buffer>, data: string, event: string | undefined): void => {
  const chunk = chunkOf(protocol, data, event)
  if (chunk !== undefined) chunks.push(chunk)
}

/** One event as a chunk of a protocol. The end mark of OpenAI's streams is none: it is written when the stream is over. */
export const chunkOf = (protocol: string, data: string, event: string | undefined): Buffer | undefined => {
  if (protocol === "openai" || protocol === "gemini") return data.trim() === "[DONE]" ? undefined : Buffer.from(data)
  return Buffer.from(eventText(data, event))
}

/** Where a protocol names its events, the name is also in the data. */
const eventNameOf = (protocol: string, data: string): string | undefined => {
  if (protocol === "openai" || protocol === "gemini") return undefined
  const json = parseJson(data)
  return isObject(json) ? textOr(json["type"]) : undefined
}
