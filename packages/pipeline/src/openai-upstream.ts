import { Clock, Effect, Redacted } from "effect"
import type { Dispatcher } from "undici"

import { type AttemptFailure, ProviderBroke } from "./attempt-failure.ts"
import type { AttemptSink, UpstreamHead } from "./attempt-sink.ts"
import type { Credential } from "./credentials.ts"
import { endpointOf } from "./endpoint.ts"
import { readErrorAnswer, readHiddenError } from "./provider-error-body.ts"
import { providerPauseMs } from "./provider-pause.ts"
import { redactKey } from "./redact-key.ts"
import { watchStreamEnd } from "./stream-end.ts"
import { judgeStreamHead } from "./stream-head.ts"
import type { UpstreamConnections } from "./upstream-connections.ts"

/** One attempt: this body, with this credential. */
export interface UpstreamCall {
  readonly credential: Credential
  /** The request's bytes, with the provider's model name in them. */
  readonly body: Buffer
  /** Whether the client asked for a stream. */
  readonly stream: boolean
  /** Headers that plugins added, as a flat list of lower-case names and values; see `sendableHeaders`. */
  readonly headers?: ReadonlyArray<string> | undefined
  readonly sink: AttemptSink
}

/**
 * Sends one request and passes the answer to the sink, ended. Until it fails with `midStream` or succeeds, nothing has
 * been written to the sink. Interrupting it aborts the provider's request at once.
 */
export type CallUpstream = (call: UpstreamCall) => Effect.Effect<void, AttemptFailure>

/** Bytes of an error answer that are read; what an error object needs, and no more of an endless page. */
const MAX_ERROR_BYTES = 64 * 1024

/** Bytes of a JSON answer that are held to be sent as a whole. Far above any completion; keeps a runaway out of memory. */
const MAX_JSON_BYTES = 64 * 1024 * 1024

/** Bytes at the start of a stream that are held until the first payload is seen. */
const MAX_HELD_BYTES = 64 * 1024

/** What is done with the body of an answer, decided when its headers are there. */
interface Reception {
  readonly data: (chunk: Buffer) => void
  readonly end: () => void
  /** The connection broke; `message` says how. */
  readonly broken: (message: string) => void
}

/**
 * The executor for endpoints that speak OpenAI chat completions (https://platform.openai.com/docs/api-reference/chat).
 *
 * - A JSON answer is held until it is whole, so that a broken one can still fail over, and sent with its length.
 * - An event stream passes through untouched, from its first payload on; what comes before that can still fail over.
 *   A stream that ends without `data: [DONE]` gets one if the model gave a `finish_reason`, and is broken otherwise.
 * - Of the provider's headers only `content-type` reaches the client; of the client's none reaches the provider, except
 *   those that plugins set. They win over configured ones, and never over those of the credential and the connection.
 *
 * `startMs` is the time within which a connection must have taken the request; the other deadlines are the dispatcher's.
 */
export const makeOpenAIUpstream =
  (connections: UpstreamConnections, startMs: number): CallUpstream =>
  (call) =>
    Effect.clockWith((clock) => exchange(connections.dispatcherFor(call.credential.proxyUrl), startMs, clock, call))

const exchange = (
  dispatcher: Dispatcher,
  startMs: number,
  clock: Clock.Clock,
  { credential, body, stream, headers: added, sink }: UpstreamCall
): Effect.Effect<void, AttemptFailure> =>
  Effect.callback<void, AttemptFailure>((resume) => {
    const { origin } = credential
    if (origin === undefined) {
      resume(Effect.fail(unreachable("The provider's base URL is not an http or https URL.")))
      return
    }

    let controller: Dispatcher.DispatchController | undefined
    let reception: Reception | undefined
    let settled = false
    const startTimer = setTimeout(
      () => fail(unreachable(`The provider took no connection within ${startMs} ms.`)),
      startMs
    )

    const settle = (result: Effect.Effect<void, AttemptFailure>): void => {
      if (settled) return
      settled = true
      clearTimeout(startTimer)
      resume(result)
    }
    const succeed = (): void => settle(Effect.void)
    /** Gives up on the exchange: what else the provider would send is not wanted. */
    const fail = (failure: AttemptFailure): void => {
      settle(Effect.fail(failure))
      controller?.abort(new Error("the answer is not wanted any more"))
    }

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (started) => {
        controller = started
        clearTimeout(startTimer)
        if (settled) started.abort(new Error("the request was given up"))
      },
      onResponseStart: (started, status, headers) => {
        // 1xx is no answer yet (RFC 9110, 15.2).
        if (status < 200 || settled) return
        const contentType = one(headers["content-type"])
        const answer: Answer = { status, contentType, headers, sink, credential, succeed, fail }
        const encoding = one(headers["content-encoding"])
        if (status > 299) {
          reception = receiveError(answer, providerPauseMs(status, headers, clock.currentTimeMillisUnsafe()))
        } else if (encoding !== "" && encoding !== "identity") {
          fail(brokenAnswer(`The provider sent a body encoded as ${encoding.slice(0, 20)} though none was asked for.`))
        } else {
          reception = isStream(stream, answer.contentType) ? receiveStream(answer, started) : receiveJson(answer)
        }
      },
      onResponseData: (_, chunk) => {
        // After a pause undici may give an empty chunk. Pausing on that one, too, would go round for ever.
        if (!settled && chunk.length > 0) reception?.data(chunk)
      },
      onResponseEnd: () => {
        if (!settled) reception?.end()
      },
      onResponseError: (_, error) => {
        if (settled) return
        const message = redactKey(describe(error), credential.key)
        if (reception === undefined) fail(unreachable(message))
        else reception.broken(message)
      }
    }

    const accept = stream ? "text/event-stream" : "application/json"
    // It does not throw: what is wrong with path or headers comes to onResponseError, too.
    dispatcher.dispatch(
      {
        origin,
        path: endpointOf(credential, { operation: "generate", model: "", stream }) ?? "/",
        method: "POST",
        headers: ["accept", accept, ...withAdded(Redacted.value(credential.headers), added)],
        body
      },
      handler
    )

    return Effect.sync(() => {
      settled = true
      clearTimeout(startTimer)
      controller?.abort(new Error("the client has gone"))
    })
  })

/** What all receptions share. */
interface Answer {
  readonly status: number
  readonly contentType: string
  readonly headers: UpstreamHead["headers"]
  readonly sink: AttemptSink
  readonly credential: Credential
  readonly succeed: () => void
  readonly fail: (failure: AttemptFailure) => void
}

/** Headers of a credential that nobody replaces. */
const FIXED_HEADERS = new Set(["authorization", "content-type", "accept-encoding"])

/** What a plugin sets takes the place of what is configured, but for what makes the exchange work at all. */
const withAdded = (own: ReadonlyArray<string>, added: ReadonlyArray<string> | undefined): ReadonlyArray<string> => {
  if (added === undefined || added.length === 0) return own
  const replaced = new Set(added.filter((_, index) => index % 2 === 0))
  const kept: Array<string> = []
  for (let index = 0; index + 1 < own.length; index += 2) {
    const name = own[index] ?? ""
    if (FIXED_HEADERS.has(name)) replaced.delete(name)
    else if (replaced.has(name)) continue
    kept.push(name, own[index + 1] ?? "")
  }
  for (let index = 0; index + 1 < added.length; index += 2) {
    const name = added[index] ?? ""
    if (replaced.has(name)) kept.push(name, added[index + 1] ?? "")
  }
  return kept
}

/** No connection, or it broke before an answer began. */
const unreachable = (message: string): ProviderBroke =>
  new ProviderBroke({ message, midStream: false, answered: false })

/** An answer began, and is not whole. */
const brokenAnswer = (message: string, midStream = false): ProviderBroke =>
  new ProviderBroke({ message, midStream, answered: true })

const one = (value: string | ReadonlyArray<string> | undefined): string =>
  (typeof value === "string" ? value : (value?.[0] ?? "")).trim()

/** JSON is held, an event stream passes; when the provider does not say which it is, it is what was asked for. */
const isStream = (asked: boolean, contentType: string): boolean => {
  const type = contentType.toLowerCase()
  if (type.startsWith("text/event-stream")) return true
  return asked && !/^application\/([\w.-]+\+)?json\b/.test(type)
}

const receiveError = ({ status, credential, fail }: Answer, retryAfterMs: number | undefined): Reception => {
  const chunks: Array<Buffer> = []
  let size = 0
  /** A broken error answer still is an error answer: its status counts more than its text. */
  const finish = (): void =>
    fail(
      readErrorAnswer({
        status: status < 400 ? 502 : status,
        body: Buffer.concat(chunks).toString("utf8", 0, MAX_ERROR_BYTES),
        retryAfterMs,
        key: credential.key
      })
    )
  return {
    data: (chunk) => {
      chunks.push(chunk)
      size += chunk.length
      if (size >= MAX_ERROR_BYTES) finish()
    },
    end: finish,
    broken: finish
  }
}

const receiveJson = ({ status, contentType, headers, sink, credential, succeed, fail }: Answer): Reception => {
  const chunks: Array<Buffer> = []
  let size = 0
  return {
    data: (chunk) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > MAX_JSON_BYTES) fail(brokenAnswer(`The provider's answer is larger than ${MAX_JSON_BYTES} bytes.`))
    },
    end: () => {
      const body = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
      if (!looksWhole(body)) return fail(brokenAnswer("The provider's answer is empty or not a whole JSON object."))
      const hidden = mayHideError(body) ? readHiddenError(body.toString(), credential.key) : undefined
      if (hidden !== undefined) return fail(hidden)
      sink.start(
        status,
        { "content-type": contentType || "application/json", "content-length": String(body.length) },
        { kind: "whole", headers }
      )
      sink.write(body)
      sink.end()
      succeed()
    },
    broken: (message) => fail(brokenAnswer(message))
  }
}

const ERROR_FIELD = Buffer.from('"error"')

/** Cheap enough for every answer: only a short one that has the word is worth parsing. */
const mayHideError = (body: Buffer): boolean => body.length <= MAX_ERROR_BYTES && body.includes(ERROR_FIELD)

/** Whether the body begins and ends as a JSON object does. A body cut by a closed connection does not. */
const looksWhole = (body: Buffer): boolean => {
  let start = 0
  let end = body.length - 1
  while (start < end && (body[start] ?? 0) <= 0x20) start++
  while (end > start && (body[end] ?? 0) <= 0x20) end--
  return body[start] === 0x7b && body[end] === 0x7d && end > start
}

const receiveStream = (
  { status, contentType, headers, sink, credential, succeed, fail }: Answer,
  controller: Dispatcher.DispatchController
): Reception => {
  const watcher = watchStreamEnd()
  let held: Buffer | undefined
  let passing = false
  const resume = (): void => controller.resume()

  const pass = (chunk: Buffer): void => {
    if (!passing) {
      passing = true
      sink.start(status, { "content-type": contentType || "text/event-stream" }, { kind: "stream", headers })
    }
    if (!sink.write(chunk)) {
      controller.pause()
      sink.onWritable(resume)
    }
  }

  return {
    data: (chunk) => {
      watcher.see(chunk)
      if (passing) return pass(chunk)
      const bytes = held === undefined ? chunk : Buffer.concat([held, chunk])
      const head = judgeStreamHead(bytes, false, credential.key)
      if (head === "payload" || (head === "more" && bytes.length > MAX_HELD_BYTES)) {
        held = undefined
        pass(bytes)
      } else if (head === "more") {
        held = bytes
      } else fail(head)
    },
    end: () => {
      if (!passing) {
        const head = judgeStreamHead(held ?? Buffer.alloc(0), true, credential.key)
        if (head !== "payload" && head !== "more") return fail(head)
      }
      if (!watcher.done() && !watcher.finished()) {
        return fail(brokenAnswer("The provider's stream ended in the middle of the answer.", passing))
      }
      if (!passing && held !== undefined) pass(held)
      if (!watcher.done()) sink.write(watcher.terminator())
      sink.end()
      succeed()
    },
    broken: (message) => {
      // The answer was whole, whatever became of the connection afterwards.
      if (passing && watcher.done()) {
        sink.end()
        succeed()
      } else fail(brokenAnswer(message, passing))
    }
  }
}

/** What a connection error says to people: no addresses, no stack. Codes are Node's and undici's. */
const describe = (error: unknown): string => {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""
  switch (code) {
    case "UND_ERR_CONNECT_TIMEOUT":
      return "The connection to the provider could not be made in time."
    case "UND_ERR_HEADERS_TIMEOUT":
      return "The provider did not begin to answer in time."
    case "UND_ERR_BODY_TIMEOUT":
      return "The provider stopped sending in the middle of its answer."
    case "ECONNREFUSED":
      return "The provider refused the connection."
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "The provider's host name could not be resolved."
    case "ECONNRESET":
    case "EPIPE":
    case "UND_ERR_SOCKET":
      return "The provider closed the connection before its answer was complete."
    case "UND_ERR_INVALID_ARG":
      // Undici names the header, never its value.
      return `The request could not be sent: ${error instanceof Error ? error.message : ""}.`
    default:
      return `The connection to the provider failed${code === "" ? "" : ` (${code})`}.`
  }
}
