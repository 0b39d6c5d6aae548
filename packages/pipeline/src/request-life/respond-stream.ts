import {
  applyHeaderChanges,
  responseInterceptStreamChunk,
  schemaVersionOf,
  STREAM_START_INDEX,
  streamChunkBodiesFor
} from "@cliproxy/abi"
import { Effect } from "effect"

import { framingOf } from "../plugin-executor/chunk-framing.ts"
import type { ResponseSink } from "../response-sink.ts"
import { headersForClient } from "./client-headers.ts"
import { makeChunkHistory } from "./chunk-history.ts"
import { convertEnd, convertResponse } from "./convert-response.ts"
import { answerInterceptors } from "./execution.ts"
import type { Exchange } from "./exchange.ts"
import type { HeaderFields } from "./header-fields.ts"
import type { CallHook } from "./hook-calls.ts"
import type { HookDeadlines } from "./hook-deadlines.ts"
import { bufferOf } from "./request-interception.ts"

/** The head of an upstream's stream that has begun well. */
export interface StreamHead {
  readonly status: number
  /** The host's own headers for the client. They are never overwritten. */
  readonly headers: Readonly<Record<string, string>>
  /** What the upstream sent, with canonical names. */
  readonly upstreamHeaders: HeaderFields
}

/** Brings a stream to the client, frame by frame. Each step waits for plugins and for the client. */
export interface StreamResponse {
  /** Lets plugins see the head now, before there is a frame; without it, the first frame does. */
  readonly begin: Effect.Effect<void>
  /** One frame in the upstream's protocol. An empty one is none. */
  readonly frame: (frame: Buffer) => Effect.Effect<void>
  /** The stream is over and whole: ends the client's answer. */
  readonly end: Effect.Effect<void>
}

const NO_BYTES = new Uint8Array(0)

/**
 * The stage that brings a stream to the client: converts each frame, lets `response.intercept_stream_chunk` change or
 * drop each chunk, frames it in the client's protocol and sends it.
 *
 * Plugins see the head in a first call, with index -1. The client's headers leave with the first chunk that is
 * delivered, so that they can still be changed until then. Source: plugin ABI, response interceptors.
 */
export const respondStream = (
  callHook: CallHook,
  deadlines: HookDeadlines,
  exchange: Exchange,
  head: StreamHead,
  sink: ResponseSink
): StreamResponse => {
  const { execution, conversion } = exchange
  const { hooks } = execution
  const interceptors = execution.stream ? answerInterceptors(execution) : []
  const { frame: framed, end: endMark } = framingOf(execution.sourceFormat)
  const history = makeChunkHistory()
  /** Plugins whose failure was told: one line per stream is enough. */
  const failed = new Set<string>()
  let fields = head.upstreamHeaders
  let begun = false
  let nextIndex = 0

  /** The chunk as the plugins left it; `undefined` when one of them dropped it. */
  const intercept = Effect.fnUntraced(function* (index: number, chunk: Uint8Array) {
    let body = chunk
    for (const plugin of interceptors) {
      const bodies = streamChunkBodiesFor(schemaVersionOf(plugin.registration), index)
      const answer = yield* callHook({
        plugin,
        contract: responseInterceptStreamChunk,
        deadlineMs: deadlines.chunkMs,
        scope: execution.scope(),
        onFailure: failed.has(plugin.id) ? "debug" : "warning",
        request: (host_callback_id) => ({
          RequestID: execution.id,
          SourceFormat: execution.sourceFormat,
          Model: execution.model,
          RequestedModel: execution.requestedModel,
          RequestHeaders: exchange.requestHeaders,
          ResponseHeaders: fields,
          OriginalRequest: bodies.requestBodies ? exchange.originalRequest : NO_BYTES,
          RequestBody: bodies.requestBodies ? exchange.requestBody : NO_BYTES,
          Body: body,
          HistoryChunks: bodies.history ? history.chunks() : [],
          ChunkIndex: index,
          Metadata: execution.metadata,
          host_callback_id
        })
      })
      if (answer === undefined) {
        failed.add(plugin.id)
        continue
      }
      fields = applyHeaderChanges(fields, answer)
      if (index === STREAM_START_INDEX) continue
      if (answer.DropChunk) return undefined
      if (answer.Body.length > 0) body = answer.Body
    }
    return bufferOf(body)
  })

  const begin = Effect.suspend(() => {
    if (begun) return Effect.void
    begun = true
    return Effect.asVoid(intercept(STREAM_START_INDEX, NO_BYTES))
  })

  const write = (bytes: Buffer): Effect.Effect<void> =>
    Effect.suspend(() => {
      start()
      return sink.write(bytes) ? Effect.void : writable(sink)
    })

  const start = (): void => {
    if (sink.started()) return
    const others = headersForClient(execution, head.upstreamHeaders, fields, head.headers)
    sink.start(head.status, { ...others, ...head.headers })
  }

  const deliver = Effect.fnUntraced(function* (chunk: Buffer) {
    if (chunk.length === 0) return
    const left = yield* intercept(nextIndex++, chunk)
    if (left === undefined) return
    const bytes = framed(left)
    if (bytes === undefined) return
    history.add(left)
    yield* write(bytes)
  })

  return {
    begin,
    frame: (frame) => {
      if (frame.length === 0) return Effect.void
      return Effect.andThen(
        begin,
        conversion === undefined
          ? deliver(frame)
          : Effect.flatMap(convertResponse(callHook, deadlines.convertMs, hooks, conversion, frame), (chunks) =>
              Effect.forEach(chunks, deliver, { discard: true })
            )
      )
    },
    end: Effect.gen(function* () {
      yield* begin
      if (conversion !== undefined) {
        for (const chunk of yield* convertEnd(callHook, deadlines.convertMs, hooks, conversion)) yield* deliver(chunk)
      }
      start()
      if (endMark !== undefined) sink.write(endMark)
      sink.end()
    })
  }
}

/** Waits until the client wants more. */
const writable = (sink: ResponseSink): Effect.Effect<void> =>
  Effect.callback((resume) => sink.onWritable(() => resume(Effect.void)))
