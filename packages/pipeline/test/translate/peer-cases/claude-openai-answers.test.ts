import { assert, describe, it } from "@effect/vitest"

import { answered, type Pair, streamed } from "./exchange.ts"
import { seenByClaude } from "./seen.ts"
import { callChunk, chatCall, chunk, claudeAsk, completion, DONE, toolUse } from "./wire.ts"

const pair: Pair = { client: "claude", provider: "openai", model: "served-model" }
const question = { role: "user", content: "What is there?" }

const piece = (json: string) => callChunk({ index: 0, id: "call_a", function: { name: "look", arguments: json } })

const nameless = (name: unknown) => [
  callChunk({ index: 0, id: "call_a", function: { name, arguments: "" } }),
  callChunk({ index: 0, function: { name, arguments: '{"x":1}' } }),
  chunk({}, "tool_calls", { usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }),
  DONE
]

describe("a stream of chat completions for a Claude client", () => {
  for (const name of ["", null, 123]) {
    it(`calls nothing by the name ${JSON.stringify(name)}, and does not say that it waits for a tool`, () => {
      const { blocks, stop } = seenByClaude(streamed(pair, nameless(name)))
      assert.deepStrictEqual([blocks, stop], [[], "end_turn"])
    })
  }

  it("names a call once, however often the name comes", () => {
    const { blocks, stop } = seenByClaude(
      streamed(pair, [piece(""), piece('{"x"'), piece(":1}"), chunk({}, "tool_calls"), DONE])
    )
    assert.deepStrictEqual(blocks, [toolUse("call_a", "look", { x: 1 })])
    assert.strictEqual(stop, "tool_use")
  })

  it("leaves no gap where a call without a name was", () => {
    const { blocks } = seenByClaude(
      streamed(pair, [
        callChunk(
          { index: 0, id: "call_skip", function: { name: "", arguments: "" } },
          { index: 1, id: "call_real", function: { name: "look", arguments: "" } }
        ),
        callChunk({ index: 1, function: { arguments: "{}" } }),
        chunk({}, "tool_calls"),
        DONE
      ])
    )
    assert.deepStrictEqual(blocks, [toolUse("call_real", "look")])
  })

  it("begins a call when its ID comes, with or without a function beside it", () => {
    for (const late of [
      { index: 0, id: "call_real" },
      { index: 0, id: "call_real", function: { arguments: "" } }
    ]) {
      const { blocks } = seenByClaude(
        streamed(pair, [
          callChunk({ index: 0, id: "", function: { name: "look" } }),
          callChunk(late),
          callChunk({ index: 0, function: { arguments: '{"a":1}' } }),
          chunk({}, "tool_calls"),
          DONE
        ])
      )
      assert.deepStrictEqual(blocks, [toolUse("call_real", "look", { a: 1 })])
    }
  })

  it("makes an ID for calls whose own never comes, and keeps the provider's order", () => {
    const { blocks, stop } = seenByClaude(
      streamed(pair, [
        callChunk({ index: 1, function: { name: "second", arguments: "{}" } }),
        callChunk({ index: 0, function: { name: "first", arguments: "{}" } }),
        chunk({}, "tool_calls"),
        DONE
      ])
    )
    assert.deepStrictEqual(
      blocks.map(({ name }: { name: string }) => name),
      ["first", "second"]
    )
    assert.notStrictEqual(blocks[0].id, blocks[1].id)
    assert.strictEqual(stop, "tool_use")
  })

  it("tells parallel calls apart whose pieces come in turns", () => {
    const { blocks } = seenByClaude(
      streamed(pair, [
        callChunk({ index: 0, id: "a", function: { name: "one", arguments: '{"n"' } }),
        callChunk({ index: 1, id: "b", function: { name: "two", arguments: '{"m"' } }),
        callChunk({ index: 0, function: { arguments: ":1}" } }, { index: 1, function: { arguments: ":2}" } }),
        chunk({}, "tool_calls"),
        DONE
      ])
    )
    assert.deepStrictEqual(blocks, [toolUse("a", "one", { n: 1 }), toolUse("b", "two", { m: 2 })])
  })

  it("waits for the usage behind the finish reason, and ignores what comes after the end", () => {
    const late = { id: "chatcmpl-1", choices: [], usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } }
    const { usage } = seenByClaude(streamed(pair, [chunk({ content: "Hi" }, "stop"), late, DONE]))
    assert.deepStrictEqual([usage.input_tokens, usage.output_tokens], [11, 7])
    const after = seenByClaude(streamed(pair, [chunk({ content: "Hi" }, "stop"), DONE, late, DONE]))
    assert.deepStrictEqual(after.blocks, [{ type: "text", text: "Hi" }])
    assert.strictEqual(after.usage.output_tokens, 0)
  })

  it("begins with an estimate of the input, not with 0", () => {
    const { events } = streamed(pair, [chunk({ content: "Hi" }, "stop"), DONE], claudeAsk([question]))
    assert.isAbove(events[0].message.usage.input_tokens, 0)
  })

  const reasons = [
    ["stop", "end_turn"],
    ["length", "max_tokens"],
    ["content_filter", "refusal"],
    ["eos", "end_turn"]
  ] as const
  for (const [finish, stop] of reasons) {
    it(`stops for ${finish} as ${stop}, streamed and whole`, () => {
      assert.strictEqual(seenByClaude(streamed(pair, [chunk({ content: "Hi" }, finish), DONE])).stop, stop)
      assert.strictEqual(answered(pair, completion({ content: "Hi" }, finish)).stop_reason, stop)
    })
  }

  it("counts what was read from the cache apart from the input", () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 5,
      total_tokens: 105,
      prompt_tokens_details: { cached_tokens: 80 }
    }
    const whole = answered(pair, completion({ content: "Hi" }, "stop", { usage })).usage
    const flow = seenByClaude(
      streamed(pair, [chunk({ content: "Hi" }, "stop"), { ...chunk({}), choices: [], usage }, DONE])
    )
    assert.deepStrictEqual([whole.input_tokens, whole.cache_read_input_tokens, whole.output_tokens], [20, 80, 5])
    assert.deepStrictEqual(flow.usage, whole)
  })

  it("is the same whole as streamed, with a thought, a text and a call", () => {
    const whole = answered(
      pair,
      completion(
        { reasoning_content: "Hm.", content: "So.", tool_calls: [chatCall("c", "look", '{"a":1}')] },
        "tool_calls"
      )
    )
    const flow = seenByClaude(
      streamed(pair, [
        chunk({ reasoning_content: "Hm." }),
        chunk({ content: "So." }),
        callChunk({ index: 0, ...chatCall("c", "look", '{"a":1}') }),
        chunk({}, "tool_calls"),
        DONE
      ])
    )
    assert.deepStrictEqual(flow.blocks, whole.content)
    assert.deepStrictEqual(
      flow.blocks.map(({ type }: { type: string }) => type),
      ["thinking", "text", "tool_use"]
    )
  })

  it("closes the JSON of arguments that were cut, and loses nothing of those that are no JSON", () => {
    const cut = completion({ tool_calls: [chatCall("c", "look", '{"path":"/tmp","deep":tr')] }, "length")
    assert.deepStrictEqual(answered(pair, cut).content[0].input, { path: "/tmp" })
    const odd = completion({ tool_calls: [chatCall("c", "look", "not JSON")] }, "tool_calls")
    assert.include(JSON.stringify(answered(pair, odd).content[0].input), "not JSON")
  })
})
