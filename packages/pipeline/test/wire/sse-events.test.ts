import * as fc from "fast-check"
import { assert, describe, it } from "vitest"

import { readSseEvents, type SseEvent } from "../../src/wire/sse-events.ts"

/** Reads a stream that is cut at these places. */
const read = (bytes: Buffer, cuts: ReadonlyArray<number> = []): ReadonlyArray<SseEvent> => {
  const reader = readSseEvents()
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), 0, bytes.length].toSorted((a, b) => a - b)
  return places.slice(1).flatMap((end, index) => reader.push(bytes.subarray(places[index], end)))
}

/** The rules of WHATWG HTML 9.2.6 over a whole stream, written down as plainly as can be. */
const plainly = (text: string): ReadonlyArray<SseEvent> => {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/)
  lines.pop()
  const events: Array<SseEvent> = []
  let data = ""
  let event = ""
  for (const line of lines) {
    if (line === "") {
      if (data !== "" && data !== "\n") events.push({ event, data: data.slice(0, -1) })
      data = event = ""
    } else if (!line.startsWith(":")) {
      const [, name = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/su.exec(line) ?? []
      if (name === "data") data += `${value}\n`
      if (name === "event") event = value
    }
  }
  return events
}

const streamText = fc
  .array(
    fc.oneof(
      fc.constantFrom("\r", "\n", "\r\n", "\n\n", "\r\n\r\n", ":", " ", "data", "data:", "data: ", "event: x", "id: 1"),
      fc.constantFrom("[DONE]", `{"a":"ü"}`, "𝄞", "\ufeff", "retry: 5", ": comment", "datax: no"),
      fc.string({ unit: "grapheme", maxLength: 5 })
    ),
    { maxLength: 60 }
  )
  .map((parts) => parts.join(""))

describe("an event stream", () => {
  it("is read by the rules wherever its bytes are cut", () => {
    fc.assert(
      fc.property(streamText, fc.array(fc.nat(), { maxLength: 30 }), (text, cuts) => {
        assert.deepStrictEqual(read(Buffer.from(text), cuts), plainly(text))
      }),
      { numRuns: 2_000 }
    )
  })

  it("is read by the rules byte by byte", () => {
    fc.assert(
      fc.property(streamText, (text) => {
        const bytes = Buffer.from(text)
        assert.deepStrictEqual(
          read(
            bytes,
            Array.from(bytes, (_, index) => index)
          ),
          plainly(text)
        )
      })
    )
  })

  it("may end its lines in LF, CR or CR LF, and mix them", () => {
    const one = { event: "", data: "1" }
    assert.deepStrictEqual(read(Buffer.from("data: 1\n\ndata: 1\r\rdata: 1\r\n\r\ndata: 1\r\n\n")), [
      one,
      one,
      one,
      one
    ])
  })

  it("may begin with a byte-order mark", () => {
    assert.deepStrictEqual(read(Buffer.from("\ufeffdata: 1\n\n")), [{ event: "", data: "1" }])
  })

  it("joins several data lines by line feeds and keeps the type", () => {
    assert.deepStrictEqual(read(Buffer.from("event: x\ndata: a\ndata:b\ndata:  c\n\n")), [
      { event: "x", data: "a\nb\n c" }
    ])
  })

  it("gives no event without data, and none that is not complete", () => {
    assert.deepStrictEqual(read(Buffer.from(": ping\n\nevent: x\n\ndata:\n\ndata: cut")), [])
  })

  it("tells how much of an incomplete event it holds", () => {
    const reader = readSseEvents()
    reader.push(Buffer.from(`data: ${"x".repeat(100)}\ndata: ${"y".repeat(50)}`))
    assert.isAtLeast(reader.pending(), 150)
    reader.push(Buffer.from("\n\n"))
    assert.strictEqual(reader.pending(), 0)
  })
})
