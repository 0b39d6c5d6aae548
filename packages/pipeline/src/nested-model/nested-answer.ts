import { canonicalHeaders } from "@cliproxy/abi"
import { Cause, Effect, Exit, Fiber } from "effect"

import { type GatewayError, statusOf } from "../gateway-error.ts"
import { makeRelay, type Relay } from "../request-life/relay.ts"
import { isEventStream } from "../wire/event-stream.ts"
import { EVENT_TOO_LARGE, MAX_EVENT_CHARACTERS, readSseEvents } from "../wire/sse-events.ts"
import type { ResponseSink } from "../response-sink.ts"
import { chunkOf, type NativeAnswer } from "../translate/native-answer.ts"

/** Header fields of an answer, as plugins get them. */
type Headers = Readonly<Record<string, ReadonlyArray<string>>>

/** What comes next of a nested execution's stream. */
export type NestedItem =
  | { readonly _tag: "Chunk"; readonly payload: Uint8Array }
  /** `status`: the HTTP status that a client would have got. */
  | { readonly _tag: "Failed"; readonly message: string; readonly status?: number }
  | { readonly _tag: "Ended" }

/** The answer of a nested execution, while it comes. */
export interface NestedAnswer {
  /** What the execution writes to. */
  readonly sink: ResponseSink
  /** The answer's headers that are not about its bytes; none before it has begun. */
  readonly headers: () => Headers
  /** Waits for the next chunk. Nothing is read ahead: the execution waits until its chunk is taken. */
  readonly next: (running: Fiber.Fiber<void, GatewayError>) => Effect.Effect<NestedItem>
  /** Waits for the whole body, or for why there is none. */
  readonly whole: (running: Fiber.Fiber<void, GatewayError>) => Effect.Effect<NestedItem>
}

/**
 * Takes the answer of one execution apart: the chunks of a stream of this protocol, or the body in one piece; both
 * through `exit`, when the plugin wants another protocol.
 */
export const makeNestedAnswer = (protocol: string, exit: NativeAnswer | undefined): NestedAnswer => {
  const relay = makeRelay()
  const events = readSseEvents()
  const chunks: Array<Uint8Array> = []
  let status = 0
  let over: NestedItem | undefined

  const next = Effect.fnUntraced(function* (running: Fiber.Fiber<void, GatewayError>) {
    for (;;) {
      const payload = chunks.shift()
      if (payload !== undefined) return { _tag: "Chunk", payload } as const
      if (over !== undefined) return over
      const bytes = yield* takeBytes(relay, running)
      if (status > 299) return (over = failedWith(status))
      if (bytes === undefined) {
        over = endOf(yield* Fiber.await(running))
        if (over._tag === "Ended" && exit !== undefined) chunks.push(...exit.end())
        continue
      }
      if (!isStream(relay)) chunks.push(...(exit?.push(bytes) ?? [bytes]))
      else {
        for (const { data, event } of events.push(bytes)) {
          const chunk = chunkOf(protocol, data, event)
          if (chunk !== undefined) chunks.push(...(exit?.push(chunk) ?? [chunk]))
        }
        if (events.pending() > MAX_EVENT_CHARACTERS) over = failedWith(502, EVENT_TOO_LARGE)
      }
    }
  })

  const whole = Effect.fnUntraced(function* (running: Fiber.Fiber<void, GatewayError>) {
    const parts: Array<Uint8Array> = []
    for (let bytes = yield* takeBytes(relay, running); bytes !== undefined; bytes = yield* takeBytes(relay, running)) {
      parts.push(bytes)
    }
    if (status > 299) return failedWith(status)
    const end = endOf(yield* Fiber.await(running))
    if (end._tag !== "Ended") return end
    const body = Buffer.concat(parts)
    return { _tag: "Chunk", payload: exit === undefined ? body : Buffer.concat(exit.push(body)) } as const
  })

  return {
    sink: {
      ...relay.sink,
      start: (code, headers) => {
        status = code
        relay.sink.start(code, headers, { kind: "stream", headers: {} })
      },
      started: () => status !== 0
    },
    headers: () => {
      const sent = Object.entries(relay.head()?.clientHeaders ?? {})
      return canonicalHeaders(sent.filter(([name]) => !OF_THE_BYTES.has(name.toLowerCase())))
    },
    next,
    whole
  }
}

/** Headers that say how the bytes came, which are gone. */
const OF_THE_BYTES = new Set(["content-type", "content-length", "content-encoding", "transfer-encoding"])

/** The next bytes; `undefined` when the answer is over or the execution is. */
const takeBytes = (relay: Relay, running: Fiber.Fiber<void, GatewayError>): Effect.Effect<Buffer | undefined> =>
  Effect.suspend(() => {
    // An execution that fails writes no end.
    const stop = running.addObserver(relay.close)
    return Effect.onExit(relay.take, () => Effect.sync(stop))
  })

const isStream = (relay: Relay): boolean =>
  Object.entries(relay.head()?.clientHeaders ?? {}).some(
    ([name, value]) => name.toLowerCase() === "content-type" && isEventStream(value)
  )

const failedWith = (status: number, message = ""): NestedItem => ({
  _tag: "Failed",
  message: message || `model execution failed with status ${status}`,
  status
})

const endOf = (exit: Exit.Exit<void, GatewayError>): NestedItem => {
  if (Exit.isSuccess(exit)) return { _tag: "Ended" }
  const error = exit.cause.reasons.find(Cause.isFailReason)?.error
  return error === undefined
    ? { _tag: "Failed", message: "the model execution was cancelled" }
    : failedWith(statusOf(error), error.message)
}
