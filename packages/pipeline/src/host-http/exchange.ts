import { canonicalHeaders } from "@cliproxy/abi"
import { Result } from "effect"
import type { Transform } from "node:stream"
import type { Dispatcher } from "undici"

import { decoderFor } from "./content-decoding.ts"
import type { OutboundRequest } from "./outbound-request.ts"
import { MAX_REDIRECTS, redirectOf } from "./redirect.ts"

/** Status and headers of the response that counts, after redirects. */
export interface ResponseHead {
  readonly status: number
  /** Canonical names to values. */
  readonly headers: Readonly<Record<string, ReadonlyArray<string>>>
}

/** Takes a response's body. Exactly one of `end` and `broken` is called, at last, unless the exchange is aborted. */
export interface BodyReceiver {
  readonly data: (chunk: Buffer) => void
  readonly end: () => void
  /** The body is not whole; `message` says why. */
  readonly broken: (message: string) => void
}

/** What happens in an exchange. */
export interface ExchangeEvents {
  /** The response has begun; gives who takes its body. */
  readonly onHead: (head: ResponseHead) => BodyReceiver
  /** There is no response; `message` says why. */
  readonly onFailed: (message: string) => void
}

/** One request under way. */
export interface Exchange {
  /** Gives up at once. Nothing is reported any more. */
  readonly abort: () => void
  /** Stops the body, and with it the one who sends it, until `resume`. Chunks under way may still come. */
  readonly pause: () => void
  readonly resume: () => void
}

/** Bytes of a redirecting response that are read for the sake of its connection; a longer one is cut off. */
const MAX_REDIRECT_BYTES = 64 * 1024

/** Sends a request and follows redirects. Nothing is reported before the function has returned. */
export const startExchange = (
  dispatcherFor: () => Result.Result<Dispatcher, string>,
  request: OutboundRequest,
  events: ExchangeEvents
): Exchange => {
  let over = false
  let paused = false
  let controller: Dispatcher.DispatchController | undefined
  let decoder: Transform | undefined

  const fail = (message: string): void => {
    if (over) return
    over = true
    events.onFailed(message)
  }

  const send = (current: OutboundRequest, redirects: number): void => {
    const dispatcher = dispatcherFor()
    if (Result.isFailure(dispatcher)) return fail(dispatcher.failure)
    let receiver: BodyReceiver | undefined
    let next: OutboundRequest | undefined
    let ignored = 0
    const follow = (): void => {
      if (next === undefined) return
      const target = next
      next = undefined
      if (!over) send(target, redirects + 1)
    }
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (started) => {
        controller = started
        if (over) started.abort(new Error("the exchange was given up"))
      },
      onResponseStart: (_, status, headers) => {
        // 1xx is no answer yet (RFC 9110, 15.2).
        if (status < 200 || over) return
        const redirect = redirectOf(current, request.url, status, one(headers["location"]))
        if (redirect === undefined) {
          receiver = begin(current, status, headers)
        } else if (Result.isFailure(redirect)) {
          fail(redirect.failure)
          controller?.abort(new Error("the redirect cannot be followed"))
        } else if (redirects === MAX_REDIRECTS) {
          fail(`stopped after ${MAX_REDIRECTS} redirects`)
          controller?.abort(new Error("too many redirects"))
        } else next = redirect.success
      },
      onResponseData: (started, chunk) => {
        if (over) return
        if (receiver !== undefined) return receiver.data(chunk)
        ignored += chunk.length
        if (ignored > MAX_REDIRECT_BYTES) started.abort(new Error("a redirect needs no long body"))
      },
      onResponseEnd: () => (next === undefined ? !over && receiver?.end() : follow()),
      onResponseError: (_, error) => {
        // The body of a redirect is of no interest, whole or not.
        if (next !== undefined) return follow()
        if (receiver === undefined) fail(describe(error))
        else if (!over) receiver.broken(describe(error))
      }
    }
    const { body, headers, method, url } = current
    const options: Dispatcher.DispatchOptions = {
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, [...values]]) => [name, values.length === 1 ? values[0] : values])
      ),
      body: body.length === 0 ? null : body
    }
    try {
      dispatcher.success.dispatch(options, handler)
    } catch (cause) {
      // Most of what is wrong with a request comes to onResponseError; what a proxy forbids does not.
      fail(describe(cause))
    }
  }

  const begin = (current: OutboundRequest, status: number, raw: Headers): BodyReceiver => {
    const makeDecoder =
      current.decode && status !== 204 && status !== 304 ? decoderFor(one(raw["content-encoding"])) : undefined
    const headers = canonicalHeaders(
      Object.entries(raw).flatMap(([name, value]) => {
        // The body's bytes are no longer in chunks, and what was decoded has another length.
        if (name === "transfer-encoding" || value === undefined) return []
        if (makeDecoder !== undefined && (name === "content-encoding" || name === "content-length")) return []
        return (typeof value === "string" ? [value] : value).map((text) => [name, text] as const)
      })
    )
    const receiver = whenNotOver(events.onHead({ status, headers }))
    return makeDecoder === undefined ? receiver : decoded(makeDecoder, receiver)
  }

  const whenNotOver = (receiver: BodyReceiver): BodyReceiver => ({
    data: (chunk) => {
      if (!over) receiver.data(chunk)
    },
    end: () => {
      if (over) return
      over = true
      receiver.end()
    },
    broken: (message) => {
      if (over) return
      over = true
      receiver.broken(message)
    }
  })

  /** Decodes what comes. The decoder is made for the first bytes: a body without any is not encoded. */
  const decoded = (makeDecoder: () => Transform, receiver: BodyReceiver): BodyReceiver => {
    const decoderOf = (): Transform => {
      if (decoder !== undefined) return decoder
      decoder = makeDecoder()
      decoder.on("data", receiver.data)
      decoder.on("end", receiver.end)
      decoder.on("drain", () => controller?.resume())
      decoder.on("error", (error) => {
        receiver.broken(`the body cannot be decoded: ${error.message}`)
        controller?.abort(new Error("the body cannot be decoded"))
      })
      if (paused) decoder.pause()
      return decoder
    }
    return {
      data: (chunk) => {
        if (!decoderOf().write(chunk)) controller?.pause()
      },
      end: () => (decoder === undefined ? receiver.end() : decoder.end()),
      broken: (message) => {
        receiver.broken(message)
        decoder?.destroy()
      }
    }
  }

  queueMicrotask(() => {
    if (!over) send(request, 0)
  })
  return {
    abort: () => {
      over = true
      controller?.abort(new Error("the exchange was given up"))
      decoder?.destroy()
    },
    pause: () => {
      paused = true
      if (decoder === undefined) controller?.pause()
      else decoder.pause()
    },
    resume: () => {
      paused = false
      if (decoder === undefined) controller?.resume()
      else decoder.resume()
    }
  }
}

type Headers = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

const one = (value: string | ReadonlyArray<string> | undefined): string =>
  (typeof value === "string" ? value : value?.[0]) ?? ""

/** What a connection error says to a plugin. */
const describe = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  // Several addresses were tried: what was wrong with the first one.
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message
  return error.message || error.name
}
