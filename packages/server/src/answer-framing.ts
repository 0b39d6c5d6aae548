import { type ClientError, clientCodecs, type ProtocolName } from "@cliproxy/pipeline"

import { makeEventBoundary } from "./event-boundary.ts"

/** How an answer that has begun goes on, and how it can still end with an error. */
export interface AnswerFraming {
  /** Follows the bytes that are sent. */
  readonly push: (chunk: Uint8Array) => void
  /** What keeps the connection busy without saying anything; `undefined` where nothing can be put in now. */
  readonly keepAlive: () => string | undefined
  /** What ends the answer with an error; `undefined` when nothing can, since it is not what it was taken for. */
  readonly failure: (error: ClientError) => AnswerFailure | undefined
}

/** The end of an answer that failed. */
export interface AnswerFailure {
  readonly frames: string
  /** Has to reach the client as a piece of its own after the frames; see `ClientCodec.encodeBareStreamError`. */
  readonly bare?: string | undefined
}

const isEventStream = /^text\/event-stream\b/i
const isJson = /^application\/json\b/i

/**
 * The framing of an answer with these headers (lower-case names); `undefined` for one that must be whole, which nothing
 * can be added to. Gemini streams without `alt=sse` are JSON arrays, sent element by element and so without a length.
 */
export const framingOf = (protocol: ProtocolName, headers: ReadonlyMap<string, string>): AnswerFraming | undefined => {
  const type = headers.get("content-type") ?? ""
  if (isEventStream.test(type)) return eventFraming(protocol)
  return protocol === "gemini" && isJson.test(type) && !headers.has("content-length") ? arrayFraming() : undefined
}

/**
 * What an event stream is kept alive with: a comment (WHATWG HTML, 9.2.6), which every reader skips, and for Claude the
 * event that its API sends for this (https://docs.anthropic.com/en/docs/build-with-claude/streaming, "Ping events").
 */
const keepAlives: Readonly<Record<ProtocolName, string>> = {
  openai: ": keep-alive\n\n",
  "openai-response": ": keep-alive\n\n",
  claude: `event: ping\ndata: {"type": "ping"}\n\n`,
  gemini: ": keep-alive\n\n"
}

const eventFraming = (protocol: ProtocolName): AnswerFraming => {
  const boundary = makeEventBoundary()
  const codec = clientCodecs[protocol]
  return {
    push: boundary.push,
    keepAlive: () => (boundary.missing() === "" ? keepAlives[protocol] : undefined),
    failure: (error) => {
      let frames: string = boundary.missing()
      codec.encodeStreamError(error, (data, event) => {
        frames += event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`
      })
      return { frames, bare: codec.encodeBareStreamError?.(error) }
    }
  }
}

const openBracket = 0x5b

/** Elements are sent whole, so that between two writes another can follow. */
const arrayFraming = (): AnswerFraming => {
  let first: number | undefined
  return {
    push: (chunk) => {
      first ??= chunk[0]
    },
    keepAlive: () => undefined,
    failure: (error) => {
      const element = JSON.stringify(clientCodecs.gemini.encodeError(error))
      if (first === undefined) return { frames: `[${element}]` }
      // What is no array cannot take an element: the client must see that it is cut.
      return first === openBracket ? { frames: `,\r\n${element}]` } : undefined
    }
  }
}
