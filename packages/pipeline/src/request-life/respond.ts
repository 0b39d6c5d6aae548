import { Effect, Exit, Fiber } from "effect"

import { ProviderBroke } from "../failover/attempt-failure.ts"
import type { AttemptSink } from "../provider/attempt-sink.ts"
import type { ResponseSink } from "../response-sink.ts"
import { upstreamFields, withUpstreamHeaders } from "./client-headers.ts"
import { answerInterceptors } from "./execution.ts"
import type { Exchange } from "./exchange.ts"
import type { CallHook } from "./hook-calls.ts"
import type { HookDeadlines } from "./hook-deadlines.ts"
import { type Relay, type RelayedHead, makeRelay } from "./relay.ts"
import { respondStream } from "./respond-stream.ts"
import { respondWhole } from "./respond-whole.ts"
import { dataLines } from "../wire/event-stream.ts"
import { EVENT_TOO_LARGE, MAX_EVENT_CHARACTERS, readSseEvents } from "../wire/sse-events.ts"
import { chunkOf } from "../translate/native-answer.ts"

/** Whether any plugin wants to see the answer of an exchange. Without one, its bytes go to the client untouched. */
const isAnswerWatched = ({ execution, conversion }: Exchange): boolean =>
  conversion !== undefined || answerInterceptors(execution).length > 0

/**
 * The stage between an executor that writes bytes and the client. `send` runs the executor with the sink that it gets:
 * the client's own when no plugin wants to see the answer, else one whose bytes are taken apart for them. When `send`
 * fails, what it had written before that has reached the client, or its plugins, nevertheless.
 */
export const respond = <E>(
  callHook: CallHook,
  deadlines: HookDeadlines,
  exchange: Exchange,
  sink: ResponseSink,
  send: (sink: AttemptSink) => Effect.Effect<void, E>
): Effect.Effect<void, E | ProviderBroke> => {
  if (isAnswerWatched(exchange)) return respondWatched(callHook, deadlines, exchange, sink, send)
  const answered: AttemptSink = { ...sink, endBroken: sink.end }
  return send(exchange.execution.passthroughHeaders ? withUpstreamHeaders(answered) : answered)
}

const respondWatched = Effect.fnUntraced(function* <E>(
  callHook: CallHook,
  deadlines: HookDeadlines,
  exchange: Exchange,
  sink: ResponseSink,
  send: (sink: AttemptSink) => Effect.Effect<void, E>
): Effect.fn.Return<void, E | ProviderBroke> {
  const relay = makeRelay()
  const delivery = yield* Effect.forkChild(deliver(callHook, deadlines, exchange, relay, sink))
  // A delivery that fails ends the exchange with the provider; one that succeeds has nothing to say.
  const deliveryFailed = Effect.andThen(Fiber.join(delivery), Effect.never)
  const sent = yield* Effect.exit(Effect.raceFirst(send(relay.sink), deliveryFailed))
  relay.close()
  yield* Fiber.join(delivery)
  if (Exit.isFailure(sent)) yield* sent
})

const deliver = Effect.fnUntraced(function* (
  callHook: CallHook,
  deadlines: HookDeadlines,
  exchange: Exchange,
  relay: Relay,
  sink: ResponseSink
) {
  const first = yield* relay.take
  const head = relay.head()
  if (first === undefined || head === undefined) return
  if (head.kind === "stream") return yield* deliverStream(callHook, deadlines, exchange, relay, head, first, sink)

  const parts: Array<Buffer> = []
  for (let part: Buffer | undefined = first; part !== undefined; part = yield* relay.take) parts.push(part)
  if (!relay.whole()) return
  const body = Buffer.concat(parts)
  const { "content-length": _length, ...headers } = head.clientHeaders
  const answer = { status: head.status, headers, upstreamHeaders: upstreamFields(head), body }
  yield* respondWhole(callHook, deadlines, exchange, answer, sink)
})

const deliverStream = Effect.fnUntraced(function* (
  callHook: CallHook,
  deadlines: HookDeadlines,
  exchange: Exchange,
  relay: Relay,
  head: RelayedHead,
  first: Buffer,
  sink: ResponseSink
) {
  const streamHead = { status: head.status, headers: head.clientHeaders, upstreamHeaders: upstreamFields(head) }
  const response = respondStream(callHook, deadlines, exchange, streamHead, sink)
  const events = readSseEvents()
  // Converters are given lines as an upstream writes them, interceptors the client's chunks.
  const { conversion, execution } = exchange
  const frameOf = (event: string, data: string): Buffer | undefined =>
    conversion === undefined ? chunkOf(execution.sourceFormat, data, event) : Buffer.from(dataLines(data))
  for (let bytes: Buffer | undefined = first; bytes !== undefined; bytes = yield* relay.take) {
    for (const { data, event } of events.push(bytes)) {
      // The end mark is the host's to write, once the stream is known to be whole.
      const frame = data.trim() === "[DONE]" ? undefined : frameOf(event, data)
      if (frame !== undefined) yield* response.frame(frame)
    }
    if (events.pending() > MAX_EVENT_CHARACTERS) {
      return yield* new ProviderBroke({ message: EVENT_TOO_LARGE, midStream: true, answered: true })
    }
  }
  if (relay.whole()) yield* response.end
})
