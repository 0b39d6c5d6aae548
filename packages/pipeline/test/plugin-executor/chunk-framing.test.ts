import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { framingOf } from "../../src/plugin-executor/chunk-framing.ts"
import { readSseEvents } from "../../src/wire/sse-events.ts"

const frame = (protocol: string, chunk: string): string | undefined =>
  framingOf(protocol).frame(Buffer.from(chunk))?.toString()

describe("the chunks for an OpenAI client", () => {
  it("become one event each, and [DONE] is the host's to send (146)", () => {
    assert.strictEqual(frame("openai", '{"a":1}'), 'data: {"a":1}\n\n')
    assert.strictEqual(frame("openai", ' {"a":1}\n'), 'data: {"a":1}\n\n')
    assert.strictEqual(framingOf("openai").end?.toString(), "data: [DONE]\n\n")
    for (const nothing of ["", " \n", "[DONE]", "data: [DONE]\n\n", "data:[DONE]"]) {
      assert.strictEqual(frame("openai", nothing), undefined, JSON.stringify(nothing))
    }
  })

  it("may be events already", () => {
    assert.strictEqual(frame("openai", 'data: {"a":1}'), 'data: {"a":1}\n\n')
    assert.strictEqual(frame("openai", 'data: {"a":1}\r\n\r\ndata: [DONE]\n\n'), 'data: {"a":1}\n\n')
    assert.strictEqual(frame("openai", ': note\ndata: {"a":1}\n\n'), ': note\ndata: {"a":1}\n\n')
  })

  it("come out as they were, whatever JSON they are", () => {
    fc.assert(
      fc.property(fc.object(), fc.nat({ max: 3 }), (value, indent) => {
        const bytes = framingOf("openai").frame(Buffer.from(JSON.stringify(value, null, indent)))
        const [event, ...more] = readSseEvents().push(bytes ?? Buffer.alloc(0))
        assert.deepStrictEqual(JSON.parse(event?.data ?? "null"), JSON.parse(JSON.stringify(value)))
        assert.deepStrictEqual(more, [])
      })
    )
  })
})

describe("the chunks for clients of event text", () => {
  it("pass unchanged, and nothing is added (146)", () => {
    const event = "event: message_stop\ndata: {}\n\n"
    assert.strictEqual(frame("claude", event), event)
    assert.strictEqual(frame("openai-response", "event: a\n"), "event: a\n")
    assert.strictEqual(frame("claude", ""), undefined)
    assert.strictEqual(framingOf("claude").end, undefined)
  })
})
