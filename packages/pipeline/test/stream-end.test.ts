import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { watchStreamEnd } from "../src/stream-end.ts"

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
