import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { makeCompletions } from "../../src/request-life/completions.ts"
import { EVENT_TOO_LARGE, MAX_EVENT_CHARACTERS, readSseEvents } from "../../src/wire/sse-events.ts"
import { recordingSink } from "../recording-sink.ts"

/** The data of the events that a client gets when the chat completion streams these bytes. */
const streamed = Effect.fnUntraced(function* (pieces: Iterable<Buffer>) {
  const sink = recordingSink()
  const json = { model: "m", prompt: "Hi", stream: true }
  const serve = makeCompletions((_request, chat) =>
    Effect.sync(() => {
      chat.start(200, { "content-type": "text/event-stream" })
      for (const piece of pieces) chat.write(piece)
      chat.end()
    })
  )
  yield* serve({ id: "r", path: "/v1/completions", headers: {}, body: Buffer.from(JSON.stringify(json)), json }, sink)
  assert.isTrue(sink.ended())
  return readSseEvents()
    .push(Buffer.from(sink.text()))
    .map(({ data }) => data)
})

function* endless(): Iterable<Buffer> {
  yield Buffer.from("data: [DONE]\n\ndata: ")
  const piece = Buffer.alloc(16 * 1024, "x")
  for (let size = 0; size <= MAX_EVENT_CHARACTERS; size += piece.length) yield piece
  yield Buffer.from("\n\ndata: late\n\n")
}

describe("the stream of a legacy completion", () => {
  it.effect("ends with an error after an event that is larger than is held", () =>
    Effect.gen(function* () {
      const [mark, error, ...more] = yield* streamed(endless())
      assert.deepStrictEqual([mark, JSON.parse(error ?? "").error.message, more], ["[DONE]", EVENT_TOO_LARGE, []])
    })
  )

  it.effect("keeps what is no chunk as it is, also in several lines", () =>
    Effect.gen(function* () {
      const data = '{"error":\n{"message":"no"}}'
      const text = `data: ${data.replace("\n", "\ndata: ")}\n\n`
      assert.deepStrictEqual(yield* streamed([Buffer.from(text)]), [data])
    })
  )
})
