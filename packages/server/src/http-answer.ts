import type { ServerResponse } from "node:http"

import { clientCodecs, type ProtocolName, type ResponseSink } from "@cliproxy/pipeline"

import { type AnswerFraming, framingOf } from "./answer-framing.ts"
import { corsHeaders } from "./cors.ts"
import { type ErrorAnswer, errorHeaders } from "./error-answer.ts"
import { makeEventWrapper } from "./event-wrapper.ts"

/** The answer to one request, and the only code that writes to its `ServerResponse`. */
export interface HttpAnswer {
  /** For the pipeline: status, headers and bytes as they come. */
  readonly sink: ResponseSink
  /** Sends a whole JSON answer. */
  readonly json: (status: number, body: string, headers?: Readonly<Record<string, string>>) => void
  /**
   * Sends a whole answer of any kind; a header may stand several times. Its length is set here. Throws for a status or a
   * header that cannot be sent; then nothing was sent.
   */
  readonly bytes: (status: number, headers: Iterable<readonly [string, string]>, body: Uint8Array) => void
  /** Sends an answer without a body. */
  readonly empty: (status: number, headers?: Readonly<Record<string, string>>) => void
  /**
   * Ends the answer with an error, as well as its state allows: as an error answer when nothing was sent; in a stream
   * that has begun as its protocol tells errors there; else by cutting the connection, so that the client cannot take
   * what it got for the whole. It never throws: where not even an error can be written, the connection is cut.
   */
  readonly fail: (error: ErrorAnswer) => void
  /** Says that the client speaks another protocol than its path told. Before anything is sent. */
  readonly speak: (protocol: ProtocolName) => void
  /**
   * The answer will be an event stream. Whenever nothing was sent for so many milliseconds, something without a meaning
   * is. That may be before the pipeline has an answer: then the status is 200, whatever comes, and an error can only be
   * told in the stream.
   */
  readonly keepAlive: (intervalMs: number) => void
  /** Whether the last byte was handed to the operating system. */
  readonly finished: () => boolean
  /** Whether `fail` had any effect. */
  readonly failed: () => boolean
  /** Status that was sent; 0 before. */
  readonly status: () => number
}

/** Which way an answer leaves its connection. */
export interface AnswerOptions {
  readonly requestId: string
  /** What the client speaks, as far as its path tells. */
  readonly protocol: ProtocolName
  /** Whether pages of any origin may read the answer. */
  readonly cors: boolean
  /** Whether the server is closing, so that the connection must not be used again. */
  readonly draining: () => boolean
  /** Headers that tell how the request was served, asked for when the head is written. */
  readonly trace?: (() => ReadonlyArray<readonly [string, string]>) | undefined
  /** Milliseconds for which the client may take nothing of what waits for it. */
  readonly writeTimeoutMs: number
  /** Told what broke here that nobody else can be told of. */
  readonly onDefect: (defect: unknown) => void
}

const eventStream = "text/event-stream"

const eventStreamHeaders: ReadonlyArray<readonly [string, string]> = [
  ["cache-control", "no-cache"],
  // nginx would collect the events otherwise.
  ["x-accel-buffering", "no"]
]

/** Headers of one connection (RFC 9110, section 7.6.1) and those that the server itself sets. */
const ownedHeaders = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-request-id",
  "x-cliproxy-trace",
  "access-control-allow-origin",
  "access-control-expose-headers"
])

/** Milliseconds between two pieces that the client shall read one by one: without, they reach it in one packet. */
const pieceGapMs = 20

/** What Node takes for a header's value (RFC 9110, section 5.5). */
const fieldValue = /^[\t\u0020-\u007e\u0080-\u00ff]*$/

/** Statuses whose answers have no body (RFC 9110, sections 15.3.5 and 15.4.5). */
const bodiless: ReadonlySet<number> = new Set([204, 304])

/** Puts an answer behind the plain calls that the pipeline makes. */
export const makeHttpAnswer = (
  response: ServerResponse,
  { requestId, cors, draining, protocol: protocolOfPath, trace, writeTimeoutMs, onDefect }: AnswerOptions
): HttpAnswer => {
  let protocol = protocolOfPath
  let status = 0
  let started = false
  let wroteBytes = false
  let ended = false
  let readerIsWatched = false
  let failed = false
  /** What goes on when the client has taken what waits for it. */
  let resume: (() => void) | undefined
  let framing: AnswerFraming | undefined
  let keepAliveTimer: NodeJS.Timeout | undefined
  let wrapper: ReturnType<typeof makeEventWrapper> | undefined

  // Writing to a connection that is gone is not an error of ours: the request's fiber is interrupted on "close".
  response.on("error", ignore)
  const onDrain = () => {
    const call = resume
    resume = undefined
    call?.()
  }

  /** What tells of a request is never worth its answer. */
  const traceHeaders = (): ReadonlyArray<string> => {
    try {
      const headers = trace?.() ?? []
      for (const [name, value] of headers) if (!fieldValue.test(value)) throw new TypeError(`${name} cannot be sent`)
      return headers.flat()
    } catch (defect) {
      onDefect(defect)
      return []
    }
  }

  const writeHead = (code: number, headers: Iterable<readonly [string, string]>) => {
    const flat: Array<string> = []
    const given = new Map<string, string>()
    for (const [name, value] of headers) {
      const lower = name.toLowerCase()
      if (ownedHeaders.has(lower) || (lower === "request-id" && protocol === "claude")) continue
      given.set(lower, value)
      flat.push(name, value)
    }
    const framed = framingOf(protocol, given)
    if (isEventStream(given)) {
      for (const [name, value] of eventStreamHeaders) if (!given.has(name)) flat.push(name, value)
    }
    flat.push("x-request-id", requestId)
    if (cors) flat.push(...corsHeaders)
    // Claude's SDKs tell people this one (https://docs.anthropic.com/en/api/overview, "Response headers").
    if (protocol === "claude") flat.push("request-id", requestId)
    if (trace !== undefined) flat.push(...traceHeaders())
    if (draining()) {
      response.shouldKeepAlive = false
      flat.push("connection", "close")
    }
    // Throws for a header that cannot be sent; then the answer has not begun, and an error can still be.
    response.writeHead(code, flat)
    framing = framed
    status = code
  }

  const start = (code: number, headers: Readonly<Record<string, string>>) => {
    if (status !== 0 && !started) {
      // A keep-alive was first: what is not an event stream has to become an event of the one that has begun.
      started = true
      if (!isEventStream(new Map(Object.entries(headers)))) wrapper = makeEventWrapper()
      return
    }
    writeHead(code, Object.entries(headers))
    started = true
    // The head travels with the first bytes when they follow at once, and alone when they do not.
    if (framing !== undefined) {
      process.nextTick(() => {
        if (!wroteBytes && !ended && !response.destroyed) response.flushHeaders()
      })
    }
  }

  const send = (chunk: Uint8Array): boolean => {
    if (ended || response.destroyed) return true
    wroteBytes = true
    framing?.push(chunk)
    keepAliveTimer?.refresh()
    const wanted = response.write(chunk)
    if (!wanted) watchReader()
    return wanted
  }

  /** From the first byte that the client does not take at once. Node begins anew whenever it has taken some. */
  const watchReader = () => {
    if (readerIsWatched) return
    readerIsWatched = true
    response.setTimeout(writeTimeoutMs, () => {
      if (response.writableLength > 0) response.destroy()
    })
  }

  const write = (chunk: Uint8Array): boolean => (wrapper === undefined ? send(chunk) : wrapper.push(chunk))

  const end = () => {
    if (ended) return
    if (wrapper !== undefined) send(wrapper.event())
    finish()
    response.end()
    if (response.writableLength > 0) watchReader()
  }

  const finish = () => {
    ended = true
    clearInterval(keepAliveTimer)
  }

  const whole = (
    code: number,
    headers: ReadonlyArray<readonly [string, string]>,
    body: string | Uint8Array | undefined
  ) => {
    if (status !== 0 || response.destroyed) return
    writeHead(code, body === undefined ? headers : [...headers, ["content-length", String(Buffer.byteLength(body))]])
    started = true
    finish()
    // Node leaves the body out of the answer to a HEAD request by itself.
    if (body === undefined) response.end()
    else response.end(body)
    if (response.writableLength > 0) watchReader()
  }

  const json: HttpAnswer["json"] = (code, body, headers) =>
    whole(code, Object.entries({ "content-type": "application/json; charset=utf-8", ...headers }), body)

  const bytes: HttpAnswer["bytes"] = (code, headers, body) =>
    whole(
      code,
      [...headers].filter(([name]) => name.toLowerCase() !== "content-length"),
      bodiless.has(code) ? undefined : body
    )

  /** Nothing can be said any more: the client must see that, and not wait. */
  const cut = (defect: unknown) => {
    onDefect(defect)
    finish()
    response.destroy()
  }

  const fail = (error: ErrorAnswer) => {
    if (ended || response.destroyed) return
    failed = true
    try {
      tell(error)
    } catch (defect) {
      cut(defect)
    }
  }

  const tell = (error: ErrorAnswer) => {
    if (status === 0) {
      json(error.status, error.body ?? JSON.stringify(clientCodecs[protocol].encodeError(error)), errorHeaders(error))
      return
    }
    finish()
    const { frames, bare } = framing?.failure(error) ?? {}
    if (frames === undefined) response.destroy()
    else if (bare === undefined) response.end(frames)
    else response.write(frames, () => setTimeout(() => response.end(bare), pieceGapMs))
  }

  const tick = () => {
    if (ended || response.destroyed) return
    try {
      if (status === 0) writeHead(200, [["content-type", eventStream]])
    } catch (defect) {
      return cut(defect)
    }
    const text = framing?.keepAlive()
    // A client that does not read has no use for it.
    if (text !== undefined && !response.writableNeedDrain) send(Buffer.from(text))
  }

  return {
    sink: {
      start,
      write,
      onWritable: (call) => {
        if (!response.writableNeedDrain) return process.nextTick(call)
        if (resume === undefined) response.once("drain", onDrain)
        resume = call
      },
      end,
      started: () => started
    },
    json,
    bytes,
    empty: (code, headers = {}) => whole(code, Object.entries(headers), undefined),
    fail,
    speak: (spoken) => {
      protocol = spoken
    },
    keepAlive: (intervalMs) => {
      keepAliveTimer ??= setInterval(tick, intervalMs)
      response.once("close", () => clearInterval(keepAliveTimer))
    },
    finished: () => response.writableFinished,
    failed: () => failed,
    status: () => status
  }
}

const ignore = () => {}

const isEventStream = (headers: ReadonlyMap<string, string>): boolean =>
  (headers.get("content-type") ?? "").toLowerCase().startsWith(eventStream)
