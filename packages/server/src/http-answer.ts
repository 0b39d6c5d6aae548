import type { ServerResponse } from "node:http"

import type { ResponseSink } from "@cliproxy/pipeline"

import { corsHeaders } from "./cors.ts"
import { makeEventBoundary } from "./event-boundary.ts"
import { errorBody, errorHeaders, type OpenAIError } from "./openai-error.ts"

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
   * Ends the answer with an error, as well as its state allows: as an error answer when nothing was sent; as an error
   * event without `[DONE]` in an event stream that has begun; else by cutting the connection, so that the client cannot
   * take what it got for the whole.
   */
  readonly fail: (error: OpenAIError) => void
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
  /** Whether the server is closing, so that the connection must not be used again. */
  readonly draining: () => boolean
}

const isEventStream = /^text\/event-stream\b/i

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
  "access-control-allow-origin",
  "access-control-expose-headers"
])

/** Statuses whose answers have no body (RFC 9110, sections 15.3.5 and 15.4.5). */
const bodiless: ReadonlySet<number> = new Set([204, 304])

/** Puts an answer behind the plain calls that the pipeline makes. */
export const makeHttpAnswer = (response: ServerResponse, { requestId, draining }: AnswerOptions): HttpAnswer => {
  let status = 0
  let wroteBytes = false
  let ended = false
  let failed = false
  let resume: (() => void) | undefined
  let boundary: ReturnType<typeof makeEventBoundary> | undefined

  // Writing to a connection that is gone is not an error of ours: the request's fiber is interrupted on "close".
  response.on("error", () => {})
  response.on("drain", () => {
    const call = resume
    resume = undefined
    call?.()
  })

  const writeHead = (code: number, headers: Iterable<readonly [string, string]>) => {
    const flat: Array<string> = []
    const given = new Set<string>()
    for (const [name, value] of headers) {
      const lower = name.toLowerCase()
      if (ownedHeaders.has(lower)) continue
      given.add(lower)
      flat.push(name, value)
      if (lower === "content-type" && isEventStream.test(value)) boundary = makeEventBoundary()
    }
    if (boundary !== undefined) {
      for (const [name, value] of eventStreamHeaders) if (!given.has(name)) flat.push(name, value)
    }
    flat.push("x-request-id", requestId, ...corsHeaders)
    if (draining()) {
      response.shouldKeepAlive = false
      flat.push("connection", "close")
    }
    // Throws for a header that cannot be sent; then the answer has not begun, and an error can still be.
    response.writeHead(code, flat)
    status = code
  }

  const start = (code: number, headers: Readonly<Record<string, string>>) => {
    writeHead(code, Object.entries(headers))
    // The head travels with the first bytes when they follow at once, and alone when they do not.
    if (boundary !== undefined) {
      process.nextTick(() => {
        if (!wroteBytes && !ended && !response.destroyed) response.flushHeaders()
      })
    }
  }

  const write = (chunk: Uint8Array): boolean => {
    if (ended || response.destroyed) return true
    wroteBytes = true
    boundary?.push(chunk)
    return response.write(chunk)
  }

  const end = () => {
    if (ended) return
    ended = true
    response.end()
  }

  const whole = (
    code: number,
    headers: ReadonlyArray<readonly [string, string]>,
    body: string | Uint8Array | undefined
  ) => {
    if (status !== 0 || response.destroyed) return
    writeHead(code, body === undefined ? headers : [...headers, ["content-length", String(Buffer.byteLength(body))]])
    ended = true
    // Node leaves the body out of the answer to a HEAD request by itself.
    if (body === undefined) response.end()
    else response.end(body)
  }

  const json: HttpAnswer["json"] = (code, body, headers) =>
    whole(code, Object.entries({ "content-type": "application/json; charset=utf-8", ...headers }), body)

  const bytes: HttpAnswer["bytes"] = (code, headers, body) =>
    whole(
      code,
      [...headers].filter(([name]) => name.toLowerCase() !== "content-length"),
      bodiless.has(code) ? undefined : body
    )

  const fail = (error: OpenAIError) => {
    if (ended || response.destroyed) return
    failed = true
    if (status === 0) json(error.status, error.body ?? errorBody(error), errorHeaders(error))
    else if (boundary !== undefined) {
      ended = true
      response.end(`${boundary.missing()}data: ${errorBody(error)}\n\n`)
    } else {
      ended = true
      response.destroy()
    }
  }

  return {
    sink: {
      start,
      write,
      onWritable: (call) => {
        if (response.writableNeedDrain) resume = call
        else process.nextTick(call)
      },
      end,
      started: () => status !== 0
    },
    json,
    bytes,
    empty: (code, headers = {}) => whole(code, Object.entries(headers), undefined),
    fail,
    finished: () => response.writableFinished,
    failed: () => failed,
    status: () => status
  }
}
