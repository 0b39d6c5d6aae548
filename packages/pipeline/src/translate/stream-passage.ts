import type { StopReason } from "../canonical/response.ts"
import { isMeaningful, type StreamError, type StreamEvent } from "../canonical/stream-event.ts"
import { mergeUsage, type Usage } from "../canonical/usage.ts"
import type { EmitEvent, StreamDecoder, StreamEncoder } from "../codecs/codec.ts"
import { parseJson } from "../codecs/json-fields.ts"
import type { ProviderProtocol } from "../provider/provider-protocol.ts"
import { EVENT_STREAM } from "../wire/event-stream.ts"
import { EVENT_TOO_LARGE, MAX_EVENT_CHARACTERS, readSseEvents, type SseEvents } from "../wire/sse-events.ts"
import { watchStreamEnd } from "../provider/stream-end.ts"
import { isEmptyFailure } from "./empty-answer.ts"
import { makeFrameWriter } from "./frame-writer.ts"

/** What is wrong with a stream. */
export type StreamFault =
  /** The provider says so. */
  | { readonly kind: "error"; readonly error: StreamError }
  /** It ended well, and said nothing. */
  | { readonly kind: "empty" }
  /** It ended with an error of the provider's that the client has got already; `error` when it could be read. */
  | { readonly kind: "told"; readonly error: StreamError | undefined }
  /** It ended before the answer did. */
  | { readonly kind: "cut" }
  /** It sent something that cannot be an answer; `message` is a sentence. */
  | { readonly kind: "broken"; readonly message: string }

/** The way of one stream from a provider to a client. Plain functions, called for every chunk of bytes. */
export interface StreamPassage {
  /** Content type of what comes out; `undefined` when it is what the provider said. */
  readonly contentType: string | undefined
  /**
   * Takes bytes, and gives those that may go to the client: none until the stream has brought something of the answer
   * itself, so that until then another credential can take over.
   */
  readonly push: (chunk: Buffer) => Buffer | undefined
  /** The provider has ended its stream. Gives what is left for the client. */
  readonly end: () => Buffer | undefined
  /** Set as soon as something is wrong. Nothing else is given then. */
  readonly fault: () => StreamFault | undefined
  /** Whether the answer is whole, whatever becomes of the connection. */
  readonly whole: () => boolean
  /** What the answer has cost so far; `undefined` when the stream is not read. */
  readonly cost: () => AnswerCost | undefined
}

/** What an answer says of its cost. */
export interface AnswerCost {
  readonly usage: Usage | undefined
  readonly model: string
  readonly serviceTier: string
}

/** Bytes at the start of a stream that are held until it brings something. */
const MAX_HELD_BYTES = 64 * 1024

/** What is wrong with an answer that a codec threw an error for: JSON that nests deeper than JavaScript's stack is. */
export const depthFault = (error: unknown): StreamFault => {
  if (!(error instanceof RangeError)) throw error
  return { kind: "broken", message: "The provider's answer nests too deeply." }
}

/** Lets a decoder read one event, and says what is wrong with it. */
const readEvent = (decoder: StreamDecoder, data: string, emit: EmitEvent): StreamFault | undefined => {
  try {
    decoder.push(data, emit)
    return undefined
  } catch (error) {
    return depthFault(error)
  }
}

/** What is wrong with a stream whose event is larger than is held. */
export const TOO_LARGE: StreamFault = { kind: "broken", message: EVENT_TOO_LARGE }

/** What is known of an answer while it streams by. */
const watchEvents = () => {
  const seen = {
    meaningful: false,
    ended: false,
    error: undefined as StreamError | undefined,
    usage: undefined as Usage | undefined,
    reason: undefined as StopReason | undefined,
    model: "",
    serviceTier: ""
  }
  const see = (event: StreamEvent): void => {
    switch (event.type) {
      case "usage":
        seen.usage = mergeUsage(seen.usage, event.usage)
        break
      case "start":
        seen.model = event.model
        seen.serviceTier = event.serviceTier ?? ""
        break
      case "finish":
        seen.reason = event.reason
        break
      case "end":
        seen.ended = true
        break
      case "error":
        seen.error = event.error
        break
      default:
        if (!seen.meaningful) seen.meaningful = isMeaningful(event)
    }
  }
  return { seen, see, isEmpty: () => !seen.meaningful && isEmptyFailure(seen.reason, seen.usage) }
}

/**
 * A stream whose client speaks the provider's protocol: its bytes go on as they are. Only the events before the first
 * that brings something are read.
 */
export const untouchedPassage = (protocol: ProviderProtocol, decoder: StreamDecoder): StreamPassage => {
  const watcher = watchStreamEnd(protocol)
  const { isEmpty, see, seen } = watchEvents()
  let head: { readonly events: SseEvents; held: Array<Buffer>; bytes: number } | undefined = {
    events: readSseEvents(),
    held: [],
    bytes: 0
  }
  let fault: StreamFault | undefined
  /** The stream from an error on, which the client gets and which says what has become of the credential. */
  let lastWords: SseEvents | undefined

  const hearLastWords = (chunk: Buffer): void => {
    lastWords ??= readSseEvents()
    if (lastWords.pending() > MAX_HELD_BYTES) return
    for (const { data } of lastWords.push(chunk)) if (seen.error === undefined) readEvent(decoder, data, see)
  }

  const release = (): Buffer | undefined => {
    const held = head?.held ?? []
    head = undefined
    return held.length === 0 ? undefined : held.length === 1 ? held[0] : Buffer.concat(held)
  }

  return {
    contentType: undefined,
    push: (chunk) => {
      watcher.see(chunk)
      if (head === undefined) {
        if (watcher.errored() && seen.error === undefined) hearLastWords(chunk)
        return chunk
      }
      head.held.push(chunk)
      head.bytes += chunk.length
      for (const { data } of head.events.push(chunk)) {
        fault = readEvent(decoder, data, see)
        if (fault !== undefined) return undefined
        if (seen.error !== undefined) {
          fault = { kind: "error", error: seen.error }
          return undefined
        }
        if (!seen.meaningful) continue
        if (watcher.errored()) hearLastWords(chunk)
        return release()
      }
      return head.bytes > MAX_HELD_BYTES ? release() : undefined
    },
    end: () => {
      if (head !== undefined) {
        for (const data of lastEvents(head.events)) fault ??= readEvent(decoder, data, see)
        if (fault !== undefined) return undefined
        if (seen.error !== undefined) {
          fault = { kind: "error", error: seen.error }
          return undefined
        }
        // Some protocols have no last word: what the answer was is known only now.
        if (!seen.ended) decoder.end(see)
        if (isEmpty()) {
          fault = { kind: "empty" }
          return undefined
        }
      }
      // Some servers end also a stream that failed with the protocol's last word.
      if (!watcher.finished() && (!watcher.done() || watcher.errored())) {
        fault = head === undefined && watcher.errored() ? { kind: "told", error: seen.error } : { kind: "cut" }
        return undefined
      }
      const rest = release()
      if (watcher.done()) return rest
      return rest === undefined ? watcher.terminator() : Buffer.concat([rest, watcher.terminator()])
    },
    fault: () => fault,
    whole: () => head === undefined && watcher.done(),
    cost: () => undefined
  }
}

const LAST_LINE_END = Buffer.from("\n\n")

/**
 * What the stream ended with. A last event without its blank line still counts, unless it was cut; so does JSON outside of
 * all events: Gemini says so what has gone wrong.
 */
const lastEvents = (events: SseEvents): ReadonlyArray<string> =>
  [...events.push(LAST_LINE_END).map(({ data }) => data), events.stray()].filter(
    // Most streams have no such words, and an empty text is dear to parse: it makes an error with a stack.
    (data) => data !== "" && (data.trim() === "[DONE]" || parseJson(data) !== undefined)
  )

/** A stream that is read in the provider's protocol and written in the client's. */
export const translatedPassage = (decoder: StreamDecoder, encoder: StreamEncoder): StreamPassage => {
  const events = readSseEvents()
  const writer = makeFrameWriter()
  const { isEmpty, see, seen } = watchEvents()
  let fault: StreamFault | undefined

  const onEvent = (event: StreamEvent): void => {
    if (seen.ended || fault !== undefined) return
    see(event)
    if (event.type === "error") fault = { kind: "error", error: event.error }
    else encoder.push(event, writer.emit)
  }

  const read = (data: string): void => {
    const broken = readEvent(decoder, data, onEvent)
    fault ??= broken
  }

  const take = (): Buffer | undefined => {
    const text = writer.take()
    return text === "" ? undefined : Buffer.from(text)
  }

  return {
    contentType: EVENT_STREAM,
    push: (chunk) => {
      for (const { data } of events.push(chunk)) {
        if (seen.ended || fault !== undefined) break
        read(data)
      }
      if (events.pending() > MAX_EVENT_CHARACTERS) fault ??= TOO_LARGE
      return seen.meaningful ? take() : undefined
    },
    end: () => {
      for (const data of lastEvents(events)) read(data)
      if (fault === undefined && !seen.ended) {
        decoder.end(onEvent)
        // Without a code, the decoder knows no more than that the end came too early.
        if (!seen.ended && (seen.error?.code ?? null) === null) fault = { kind: "cut" }
      }
      if (fault !== undefined) return seen.meaningful ? take() : undefined
      if (isEmpty()) {
        fault = { kind: "empty" }
        return undefined
      }
      return take()
    },
    fault: () => fault,
    whole: () => seen.ended,
    cost: () => seen
  }
}
