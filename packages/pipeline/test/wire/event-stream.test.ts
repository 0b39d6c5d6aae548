import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { dataLines, eventText, isEventStream } from "../../src/wire/event-stream.ts"
import { readSseEvents } from "../../src/wire/sse-events.ts"

describe("the text of an event", () => {
  it("is read as that event, however many lines its data has", () => {
    const data = fc.array(fc.constantFrom("\n", "\r", "\r\n", "{", "data: x", " ", ":", "ü"), { minLength: 1 })
    fc.assert(
      fc.property(data, fc.constantFrom("", "message_start"), (pieces, event) => {
        const text = `${pieces.join("")}.`
        const read = readSseEvents().push(Buffer.from(eventText(text, event)))
        assert.deepStrictEqual(read, [{ event, data: text.replaceAll(/\r\n|\r/g, "\n") }])
      })
    )
  })

  it("names no type that it does not have", () => {
    assert.strictEqual(eventText("{}"), "data: {}\n\n")
    assert.strictEqual(eventText("{}", "ping"), "event: ping\ndata: {}\n\n")
    assert.strictEqual(dataLines("a\nb"), "data: a\ndata: b")
  })
})

describe("a content type", () => {
  it("is an event stream's with or without parameters, in any case", () => {
    for (const type of ["text/event-stream", " Text/Event-Stream; charset=utf-8"]) assert.isTrue(isEventStream(type))
    for (const type of [undefined, "", "application/json", "text/event-streams"]) assert.isFalse(isEventStream(type))
  })
})
