import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { watchStreamEnd } from "../../src/provider/stream-end.ts"

const watch = (chunks: ReadonlyArray<Buffer>) => {
  const watcher = watchStreamEnd("openai")
  for (const chunk of chunks) watcher.see(chunk)
  return watcher
}

/** The text in pieces, cut at the given bytes. */
const cut = (text: string, at: ReadonlyArray<number>): ReadonlyArray<Buffer> => {
  const bytes = Buffer.from(text)
  const cuts = at.map((n) => n % (bytes.length + 1)).toSorted((a, b) => a - b)
  return [0, ...cuts].map((from, i) => bytes.subarray(from, cuts[i] ?? bytes.length))
}

const lineEnd = fc.constantFrom("\n", "\r\n", "\r")
const event = fc.oneof(
  fc.string().map((content) => JSON.stringify({ choices: [{ delta: { content }, finish_reason: null }] })),
  fc.constantFrom(
    JSON.stringify({ content: 'data: [DONE]\n"finish_reason":"stop"' }),
    JSON.stringify({ content: '\n\ndata: [DONE]\n\n"finish_reason" : "stop"' }),
    '{"finish_reason" : null}',
    '"[DONE]"'
  )
)
const finish = fc.constantFrom('{"choices":[{"finish_reason":"stop"}]}', '{"finish_reason" :\t"length"}')
const comment = fc.constantFrom(": keep-alive", ": data: [DONE]", "event: data: [DONE]", "id: 1")

describe("watchStreamEnd", () => {
  it("sees a finish reason and [DONE] wherever the stream is cut, and neither where they are only talked about", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            event.map((data) => `data: ${data}`),
            comment
          ),
          { maxLength: 6 }
        ),
        fc.option(finish, { nil: undefined }),
        fc.constantFrom("data: [DONE]", "data:[DONE]", undefined),
        lineEnd,
        fc.array(fc.nat(5_000), { maxLength: 40 }),
        (lines, finishing, done, end, cuts) => {
          const all = [...lines, ...(finishing ? [`data: ${finishing}`] : []), ...(done ? [done] : [])]
          const watcher = watch(cut(all.map((line) => line + end + end).join(""), cuts))
          assert.strictEqual(watcher.done(), done !== undefined)
          assert.strictEqual(watcher.finished(), finishing !== undefined)
        }
      ),
      { numRuns: 3_000 }
    )
  })

  it("sees them when every byte comes alone", () => {
    const text = 'data: {"finish_reason":null}\n\ndata: {"finish_reason": "stop"}\n\ndata: [DONE]\n\n'
    const watcher = watch([...Buffer.from(text)].map((byte) => Buffer.from([byte])))
    assert.isTrue(watcher.finished())
    assert.isTrue(watcher.done())
  })

  for (const [seen, terminator] of [
    ["data: x\n\n", "data: [DONE]\n\n"],
    ["data: x\r\n\r\n", "data: [DONE]\n\n"],
    ["data: x\n", "\ndata: [DONE]\n\n"],
    ["data: x", "\n\ndata: [DONE]\n\n"]
  ] as const) {
    it(`ends the last event before it adds [DONE]: ${JSON.stringify(seen)}`, () => {
      assert.strictEqual(
        watch([Buffer.from(seen)])
          .terminator()
          .toString(),
        terminator
      )
    })
  }
})

describe("an error in the middle of a stream", () => {
  const errors = {
    openai: 'data: {"error":{"message":"x","code":503}}\n\n',
    claude: 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n',
    gemini: 'data: {"error": {"code": 503, "message": "x"}}\r\n\r\n'
  }
  const texts = {
    openai: 'data: {"choices":[{"delta":{"content":"data: {\\"error\\":1}\\nevent: error"}}]}\n\n',
    claude:
      'data: {"type":"content_block_delta","delta":{"text":"\\nevent: error\\ndata: {\\"type\\":\\"error\\""}}\n\n',
    gemini: 'data: {"candidates":[{"content":{"parts":[{"text":"data: {\\"error\\":1}"}]}}]}\n\n'
  }

  for (const protocol of ["openai", "claude", "gemini"] as const) {
    it(`of ${protocol} is seen wherever it is cut, and text that only looks like one is not`, () => {
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 4 }), (at) => {
          const watcher = watchStreamEnd(protocol)
          for (const chunk of cut(texts[protocol], at)) watcher.see(chunk)
          assert.isFalse(watcher.errored())
          for (const chunk of cut(errors[protocol], at)) watcher.see(chunk)
          assert.isTrue(watcher.errored())
          assert.isFalse(watcher.finished())
        })
      )
    })
  }
})
