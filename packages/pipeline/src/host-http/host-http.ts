import {
  hostHttpCancel,
  hostHttpDo,
  hostHttpDoStream,
  hostHttpOperationOpen,
  type HostHTTPRequest,
  type HostHTTPResponse,
  hostHttpStreamClose,
  hostHttpStreamRead,
  type HostHTTPStreamResponse,
  httpRequestOf
} from "@cliproxy/abi"
import { Effect, Result } from "effect"

import { HostCallFailed, type HostCaller, type HostMethods, serving } from "../plugin-host/host-calls.ts"
import { type BodyReceiver, type Exchange, type ResponseHead, startExchange } from "./exchange.ts"
import { type HttpOperation, makeHttpOperations } from "./http-operations.ts"
import { makeHttpStream, type StreamPart } from "./http-stream.ts"
import type { Outbound } from "./outbound.ts"
import { type OutboundRequest, readOutboundRequest } from "./outbound-request.ts"

/** Largest body of a response, in bytes, that `host.http.do` holds. What is longer is for `host.http.do_stream`. */
export const MAX_BODY_BYTES = 256 * 1024 * 1024

/**
 * Milliseconds after which a stream is closed that has something to read while its plugin does not ask for it. A stream
 * without a scope has no other end when its plugin forgets it, or has been restarted meanwhile.
 */
export const ABANDONED_MS = 10 * 60_000

const CANCELLED = "the request was cancelled"

/** The host's HTTP client for plugins. */
export interface HostHttp {
  readonly methods: HostMethods
  /** How many streams are open. */
  readonly openStreams: () => number
  /** How many handles for exchanges there are. */
  readonly openOperations: () => number
}

/** Who sends, and the handle of what is sent. */
interface Sender extends HostCaller {
  readonly operation: HttpOperation | undefined
}

interface OpenStream {
  readonly plugin: string
  readonly read: (give: (part: StreamPart | undefined) => void) => () => void
  readonly close: () => void
}

/**
 * Serves `host.http.*`: requests of plugins to the outside, which leave through the host's proxies and connections. An
 * exchange ends with the client's request that its scope belongs to, and with the plugin. Source: plugin ABI, outbound
 * HTTP.
 */
export const makeHostHttp = (outbound: Outbound, abandonedMs = ABANDONED_MS): HostHttp => {
  const streams = new Map<string, OpenStream>()
  const operations = makeHttpOperations()
  let lastStream = 0

  const fetch = (request: OutboundRequest, caller: Sender): Effect.Effect<HostHTTPResponse, HostCallFailed> =>
    Effect.callback((resume) => {
      const fail = (message: string): void => resume(Effect.fail(new HostCallFailed({ message })))
      const collect = (head: ResponseHead): Receiver => {
        const chunks: Array<Buffer> = []
        let size = 0
        return {
          data: (chunk) => {
            chunks.push(chunk)
            size += chunk.length
            if (size <= MAX_BODY_BYTES) return
            exchange.abort()
            fail(`read host http response: the body is larger than ${MAX_BODY_BYTES} bytes`)
          },
          end: () => {
            exchange.over()
            const { headers: Headers, status: StatusCode } = head
            resume(Effect.succeed({ StatusCode, Headers, Body: Buffer.concat(chunks, size) }))
          },
          broken: (message) => {
            exchange.over()
            fail(`read host http response: ${message}`)
          },
          cancelled: () => fail(`read host http response: ${CANCELLED}`)
        }
      }
      const exchange = begin(outbound, request, caller, collect, fail)
      return Effect.sync(exchange.cancel)
    })

  const openStream = (
    request: OutboundRequest,
    caller: Sender
  ): Effect.Effect<HostHTTPStreamResponse, HostCallFailed> =>
    Effect.callback((resume) => {
      const fail = (message: string): void => resume(Effect.fail(new HostCallFailed({ message })))
      const open = ({ headers, status }: ResponseHead, { pause, resume: goOn }: Exchange): Receiver => {
        const id = String(++lastStream)
        const onDone = (): void => {
          streams.delete(id)
          exchange.over()
        }
        /** Ends the stream for a plugin that may never read again: the handle is gone though nobody saw its end. */
        const leave = (why: string): void => {
          exchange.abort()
          streams.delete(id)
          stream.broken(why)
          stream.letGo()
        }
        const onAbandoned = (): void => leave("the stream was not read")
        const stream = makeHttpStream({ pause, resume: goOn, onDone, onAbandoned, abandonedMs })
        const close = (): void => leave("the stream was closed")
        streams.set(id, { plugin: caller.plugin, read: stream.read, close })
        // Later, because the plugin may answer by letting go of a stream that is not in place yet.
        queueMicrotask(() => resume(Effect.succeed({ status_code: status, headers, stream_id: id, chunks: [] })))
        return { ...stream, cancelled: () => leave(CANCELLED) }
      }
      const exchange = begin(outbound, request, caller, open, fail)
      return Effect.sync(exchange.cancel)
    })

  /** The streams that a plugin may use are its own. */
  const streamOf = (id: string, plugin: string): OpenStream | undefined => {
    const stream = streams.get(id)
    return stream?.plugin === plugin ? stream : undefined
  }

  const read = (id: string, plugin: string): Effect.Effect<StreamPart, HostCallFailed> =>
    Effect.callback((resume) => {
      const stream = streamOf(id, plugin)
      if (stream === undefined) return resume(notOpen(id))
      const takeBack = stream.read((part) => resume(part === undefined ? notOpen(id) : Effect.succeed(part)))
      return Effect.sync(takeBack)
    })

  /** Reads the request, sends it by `send`, and writes to the log what became of it. */
  const exchanging =
    <Answer>(
      send: (request: OutboundRequest, sender: Sender) => Effect.Effect<Answer, HostCallFailed>,
      statusOf: (answer: Answer) => number
    ) =>
    (message: HostHTTPRequest, caller: HostCaller): Effect.Effect<Answer, HostCallFailed> => {
      const request = readOutboundRequest(httpRequestOf(message))
      if (Result.isFailure(request)) return failed(`create host http request: ${request.failure}`)
      if (caller.scope?.signal?.aborted === true) return failed(`execute host http request: ${CANCELLED}`)
      const handle = message.operation_id?.trim() ?? ""
      const operation = handle === "" ? undefined : operations.take(handle, caller.plugin)
      if (handle !== "" && operation === undefined) return failed(`http operation ${handle} is not open`)
      const { method, url } = request.success
      return send(request.success, { ...caller, operation }).pipe(
        Effect.tap((answer) => Effect.logDebug(`${method} ${url.origin}${url.pathname} answered ${statusOf(answer)}`)),
        Effect.tapError((error) => Effect.logDebug(`${method} ${url.origin}${url.pathname}: ${error.message}`)),
        Effect.annotateLogs(caller.scope?.request === undefined ? {} : { request_id: caller.scope.request.id }),
        Effect.annotateLogs({ plugin: caller.plugin })
      )
    }

  return {
    openStreams: () => streams.size,
    openOperations: operations.size,
    methods: {
      "host.http.do": serving(
        hostHttpDo,
        exchanging(fetch, (answer) => answer.StatusCode)
      ),
      "host.http.do_stream": serving(
        hostHttpDoStream,
        exchanging(openStream, (answer) => answer.status_code)
      ),
      "host.http.operation_open": serving(hostHttpOperationOpen, (_, caller) =>
        Effect.suspend(() => {
          const id = operations.open(caller)
          return id === undefined ? failed("too many http operations are open") : Effect.succeed({ operation_id: id })
        })
      ),
      "host.http.cancel": serving(hostHttpCancel, ({ operation_id }, { plugin }) =>
        Effect.sync(() => {
          operations.cancel(operation_id.trim(), plugin)
          return {}
        })
      ),
      "host.http.stream_read": serving(hostHttpStreamRead, ({ stream_id }, { plugin }) =>
        stream_id.trim() === ""
          ? failed("http stream id is required")
          : Effect.map(read(stream_id.trim(), plugin), (part) =>
              part._tag === "Data"
                ? { payload: part.payload, error: "", done: false }
                : { payload: new Uint8Array(0), error: part.error ?? "", done: true }
            )
      ),
      "host.http.stream_close": serving(hostHttpStreamClose, ({ stream_id }, { plugin }) =>
        Effect.sync(() => {
          streamOf(stream_id.trim(), plugin)?.close()
          return {}
        })
      )
    }
  }
}

/** Takes a body, and is told when nobody wants it any more. */
interface Receiver extends BodyReceiver {
  readonly cancelled: () => void
}

/** An exchange on behalf of a plugin. */
interface OwnedExchange {
  /** Gives up at once, and tells whoever waits. */
  readonly cancel: () => void
  /** Gives up at once. Nothing is reported any more. */
  readonly abort: () => void
  /** To be called when it is over: what could have cancelled it lets go of it. */
  readonly over: () => void
}

/** Begins an exchange that is cancelled by its handle, with its client's request and with its plugin. */
const begin = (
  outbound: Outbound,
  request: OutboundRequest,
  { onEnd, operation, scope }: Sender,
  receive: (head: ResponseHead, exchange: Exchange) => Receiver,
  fail: (message: string) => void
): OwnedExchange => {
  let receiver: Receiver | undefined
  let leavePlugin: (() => void) | undefined
  const exchange = startExchange(() => outbound.dispatcherFor(scope?.proxyUrl), request, {
    onHead: (head) => (receiver = receive(head, exchange)),
    onFailed: (message) => {
      over()
      fail(`execute host http request: ${message}`)
    }
  })
  const over = (): void => {
    scope?.signal?.removeEventListener("abort", cancel)
    leavePlugin?.()
    operation?.over()
  }
  const abort = (): void => {
    over()
    exchange.abort()
  }
  const cancel = (): void => {
    abort()
    if (receiver === undefined) fail(`execute host http request: ${CANCELLED}`)
    else receiver.cancelled()
  }
  scope?.signal?.addEventListener("abort", cancel, { once: true })
  leavePlugin = onEnd(cancel)
  operation?.begin(cancel)
  return { abort, cancel, over }
}

const failed = (message: string): Effect.Effect<never, HostCallFailed> => Effect.fail(new HostCallFailed({ message }))

const notOpen = (id: string): Effect.Effect<never, HostCallFailed> => failed(`http stream ${id} is not open`)
