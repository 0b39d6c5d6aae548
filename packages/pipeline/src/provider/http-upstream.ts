import type { Quota } from "@cliproxy/scheduler"
import { Clock, Effect, Redacted } from "effect"
import type { Dispatcher } from "undici"

import type { StreamError } from "../canonical/stream-event.ts"
import { type AttemptFailure, ProviderBroke, ProviderRefused } from "../failover/attempt-failure.ts"
import type { AttemptSink, UpstreamHead } from "./attempt-sink.ts"
import { describeConnectionError } from "./connection-error.ts"
import type { Credential } from "../credentials/credentials.ts"
import { errorText, readErrorAnswer } from "./provider-error-body.ts"
import { answerLimits, statedLimit } from "./provider-limits.ts"
import { type Redact, redactorOf } from "../credentials/redact-secrets.ts"
import { withAddedHeaders } from "./added-headers.ts"
import { EVENT_STREAM, isEventStream } from "../wire/event-stream.ts"
import type { AnswerReading } from "../translate/answer-reading.ts"
import type { StreamFault } from "../translate/stream-passage.ts"
import type { UpstreamDeadlines } from "./upstream-connections.ts"

/** One attempt: this body, with this credential. */
export interface UpstreamCall {
  readonly credential: Credential
  /** Path and query of the endpoint. */
  readonly path: string
  /** The request's bytes, as the provider reads them. */
  readonly body: Buffer
  /** Whether the client asked for a stream. */
  readonly stream: boolean
  /** Headers that plugins added, as a flat list of lower-case names and values; see `sendableHeaders`. */
  readonly headers?: ReadonlyArray<string> | undefined
  /** What becomes of the answer on its way to the sink. */
  readonly reading: AnswerReading
  readonly sink: AttemptSink
}

/**
 * Sends one request and passes the answer to the sink, ended. Until it fails with `midStream` or succeeds, nothing has
 * been written to the sink. Interrupting it aborts the provider's request at once.
 */
export type CallUpstream = (call: UpstreamCall) => Effect.Effect<void, AttemptFailure>

/** What the executor is made of. */
export interface HttpUpstreamOptions {
  /** Sends a request with a credential, the right way. */
  readonly dispatcherOf: (credential: Credential) => Dispatcher
  /** Those of requests whose credential says nothing else. */
  readonly deadlines: UpstreamDeadlines
  /** Told what an answer says about the quota of its credential, if it says anything. */
  readonly onQuota?: ((credential: Credential, quota: Quota) => void) | undefined
}

/** Bytes of an error answer that are read; what an error object needs, and no more of an endless page. */
const MAX_ERROR_BYTES = 64 * 1024

/** Milliseconds that an error answer gets to end: its status is worth more than what it would still say. */
const MAX_ERROR_MS = 3_000

/** Bytes of a JSON answer that are held to be sent as a whole. Far above any completion; keeps a runaway out of memory. */
const MAX_JSON_BYTES = 64 * 1024 * 1024

/** What is done with the body of an answer, decided when its headers are there. */
interface Reception {
  readonly data: (chunk: Buffer) => void
  readonly end: () => void
  /** The connection broke; `message` says how. */
  readonly broken: (message: string) => void
}

/**
 * The executor for providers that are reached over HTTP, in any protocol that has a codec.
 *
 * - A JSON answer is held until it is whole, so that a broken one can still fail over, and sent with its length.
 * - A stream passes from its first event that brings something; what comes before that can still fail over. One that
 *   ends before its protocol's last word is broken.
 * - Of the provider's headers only `content-type` reaches the client; of the client's none reaches the provider, except
 *   those that plugins set. They win over configured ones, and never over those of the credential and the connection.
 *
 * A credential's own deadlines win over the general ones. What throws while an answer is read is a defect of the gateway
 * and dies as one: neither the connection nor the credential is to blame.
 */
export const makeHttpUpstream =
  (options: HttpUpstreamOptions): CallUpstream =>
  (call) =>
    Effect.clockWith((clock) => exchange(options, clock, call))

const exchange = (
  { deadlines, dispatcherOf, onQuota }: HttpUpstreamOptions,
  clock: Clock.Clock,
  { credential, path, body, stream, headers: added, reading, sink }: UpstreamCall
): Effect.Effect<void, AttemptFailure> =>
  Effect.callback<void, AttemptFailure>((resume) => {
    const { origin } = credential
    const { firstByteMs, idleMs, startMs } = { ...deadlines, ...credential.deadlines }
    if (origin === undefined) {
      resume(Effect.fail(unreachable("The provider's base URL is not an http or https URL.")))
      return
    }

    let controller: Dispatcher.DispatchController | undefined
    let reception: Reception | undefined
    let settled = false
    /** Until the provider has taken the connection; then, for a stream, until it has brought something. */
    let timer: NodeJS.Timeout | undefined
    const unconnected = (): void => fail(unreachable(`The provider took no connection within ${startMs} ms.`))
    const silent = (): void =>
      fail(brokenAnswer(`The provider's stream brought nothing of an answer within ${firstByteMs} ms.`))

    const began = (): void => clearTimeout(timer)

    const settle = (result: Effect.Effect<void, AttemptFailure>): void => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      resume(result)
    }
    const succeed = (): void => settle(Effect.void)
    /** Gives up on the exchange: what else the provider would send is not wanted. */
    const fail = (failure: AttemptFailure): void => {
      settle(Effect.fail(failure))
      controller?.abort(new Error("the answer is not wanted any more"))
    }
    /** Undici would take what is thrown here for a broken connection. */
    const die = (defect: unknown): void => {
      settle(Effect.die(defect))
      controller?.abort(new Error("the answer could not be read"))
    }

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (started) => {
        controller = started
        clearTimeout(timer)
        if (settled) started.abort(new Error("the request was given up"))
      },
      onResponseStart: (started, status, headers) => {
        // 1xx is no answer yet (RFC 9110, 15.2).
        if (status < 200 || settled) return
        const contentType = one(headers["content-type"])
        const answer: Answer = { status, contentType, headers, reading, sink, credential, began, succeed, fail, die }
        const encoding = one(headers["content-encoding"])
        const quota = onQuota && answerLimits(status, headers, clock.currentTimeMillisUnsafe())
        if (quota !== undefined) onQuota?.(credential, quota)
        if (status > 299) {
          reception = receiveError(answer, clock.currentTimeMillisUnsafe())
        } else if (encoding !== "" && encoding !== "identity") {
          fail(brokenAnswer(`The provider sent a body encoded as ${encoding.slice(0, 20)} though none was asked for.`))
        } else {
          const streams = isStream(stream, answer.contentType)
          // Comments alone keep a connection from ever being idle.
          if (streams) timer = setTimeout(silent, firstByteMs)
          reception = streams ? receiveStream(answer, started) : receiveWhole(answer, stream)
        }
      },
      onResponseData: (_, chunk) => {
        // After a pause undici may give an empty chunk. Pausing on that one, too, would go round for ever.
        if (settled || chunk.length === 0) return
        try {
          reception?.data(chunk)
        } catch (defect) {
          die(defect)
        }
      },
      onResponseEnd: () => {
        if (settled) return
        try {
          reception?.end()
        } catch (defect) {
          die(defect)
        }
      },
      onResponseError: (_, error) => {
        if (settled) return
        const message = redactorOf(credential)(describeConnectionError(error, credential.proxyUrl))
        if (reception === undefined) return fail(unreachable(message))
        try {
          reception.broken(message)
        } catch (defect) {
          die(defect)
        }
      }
    }

    const accept = stream ? EVENT_STREAM : "application/json"
    // It does not throw: what is wrong with path or headers comes to onResponseError, too.
    dispatcherOf(credential).dispatch(
      {
        origin,
        path,
        method: "POST",
        headers: ["accept", accept, ...withAddedHeaders(Redacted.value(credential.headers), added)],
        body,
        headersTimeout: firstByteMs,
        bodyTimeout: idleMs
      },
      handler
    )
    // A connection that was free has taken the request by now.
    if (controller === undefined && !settled) timer = setTimeout(unconnected, startMs)

    return Effect.sync(() => {
      settled = true
      clearTimeout(timer)
      controller?.abort(new Error("the client has gone"))
    })
  })

/** What all receptions share. */
interface Answer {
  readonly status: number
  readonly contentType: string
  readonly headers: UpstreamHead["headers"]
  readonly reading: AnswerReading
  readonly sink: AttemptSink
  readonly credential: Credential
  /** The first words of a stream go to the client. */
  readonly began: () => void
  readonly succeed: () => void
  readonly fail: (failure: AttemptFailure) => void
  /** Something was thrown that is no failure of the provider. */
  readonly die: (defect: unknown) => void
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
  if (isEventStream(contentType)) return true
  return asked && !/^application\/([\w.-]+\+)?json\b/i.test(contentType)
}

const receiveError = ({ status, headers, credential, reading, fail, die }: Answer, now: number): Reception => {
  const chunks: Array<Buffer> = []
  let size = 0
  /** A broken error answer still is an error answer: its status counts more than its text. */
  const finish = (): void => {
    clearTimeout(timer)
    fail(
      readErrorAnswer({
        status,
        body: errorText(Buffer.concat(chunks), one(headers["content-encoding"]), MAX_ERROR_BYTES),
        decode: reading.decodeError,
        limit: (json) => statedLimit(status, headers, json, now),
        redact: redactorOf(credential)
      })
    )
  }
  const finishAlone = (): void => {
    try {
      finish()
    } catch (defect) {
      die(defect)
    }
  }
  const timer = setTimeout(finishAlone, MAX_ERROR_MS)
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

const receiveWhole = (
  { status, contentType, headers, reading, sink, credential, succeed, fail }: Answer,
  asStream: boolean
): Reception => {
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
      const read = reading.whole(body, asStream, redactorOf(credential))
      if ("fault" in read) return fail(failureOf(read.fault, credential, false))
      const type = read.contentType ?? (contentType || "application/json")
      const length = read.kind === "whole" ? { "content-length": String(read.body.length) } : {}
      sink.start(status, { "content-type": type, ...length }, { kind: read.kind, headers })
      sink.write(read.body)
      sink.end()
      succeed()
    },
    broken: (message) => fail(brokenAnswer(message))
  }
}

const receiveStream = (
  { status, contentType, headers, reading, sink, credential, began, succeed, fail }: Answer,
  controller: Dispatcher.DispatchController
): Reception => {
  const passage = reading.stream()
  let passing = false
  const resume = (): void => controller.resume()

  const pass = (bytes: Buffer): void => {
    if (!passing) {
      passing = true
      began()
      const type = passage.contentType ?? (contentType || EVENT_STREAM)
      sink.start(status, { "content-type": type }, { kind: "stream", headers })
    }
    if (!sink.write(bytes)) {
      controller.pause()
      sink.onWritable(resume)
    }
  }

  const end = (): void => {
    const rest = passage.end()
    const fault = passage.fault()
    if (rest !== undefined) pass(rest)
    if (fault?.kind === "told") sink.endBroken?.()
    if (fault !== undefined) return fail(failureOf(fault, credential, passing))
    if (!passing) pass(NO_BYTES)
    sink.end()
    succeed()
  }

  return {
    data: (chunk) => {
      const bytes = passage.push(chunk)
      if (bytes !== undefined) pass(bytes)
      const fault = passage.fault()
      if (fault !== undefined) fail(failureOf(fault, credential, passing))
    },
    end,
    // The answer may be whole, whatever became of the connection afterwards.
    broken: (message) => (passage.whole() ? end() : fail(brokenAnswer(message, passing)))
  }
}

const NO_BYTES = Buffer.alloc(0)

/** An error that the provider told in its stream. */
const refusalOf = (error: StreamError, redact: Redact, midStream: boolean): AttemptFailure => {
  const { status } = error
  const [code, message, type] = [
    error.code && redact(error.code),
    redact(error.message),
    error.type && redact(error.type)
  ]
  // What the gateway itself finds wrong with a stream has no words of the provider.
  if (status === 502 && type === null && code === null) return brokenAnswer(message, midStream)
  return new ProviderRefused({ status, message, type, code, param: null, midStream })
}

/** What is wrong with an answer, as the failure of an attempt. */
const failureOf = (fault: StreamFault, credential: Credential, midStream: boolean): AttemptFailure => {
  switch (fault.kind) {
    case "error":
      return refusalOf(fault.error, redactorOf(credential), midStream)
    case "empty":
      return brokenAnswer("The provider's answer ended without any content.")
    case "told":
      if (fault.error !== undefined) return refusalOf(fault.error, redactorOf(credential), midStream)
      return brokenAnswer("The provider's stream ended with an error.", midStream)
    case "cut":
      return brokenAnswer("The provider's stream ended in the middle of the answer.", midStream)
    case "broken":
      return brokenAnswer(fault.message, midStream)
  }
}
