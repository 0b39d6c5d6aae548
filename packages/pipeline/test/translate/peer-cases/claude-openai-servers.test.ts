import { assert, describe, it } from "@effect/vitest"

import { answered, type Pair, passed, streamed, type Wire } from "./exchange.ts"
import { seenByClaude } from "./seen.ts"
import { callChunk, chatCall, chunk, DONE, toolUse } from "./wire.ts"

const pair: Pair = { client: "claude", provider: "openai", model: "served-model" }

const hi = [{ type: "text", text: "Hi" }]

const text = (...pieces: ReadonlyArray<string>) =>
  seenByClaude(
    passed(
      pair,
      pieces.map((piece) => Buffer.from(piece))
    )
  )
const data = (json: object | string) => `data: ${typeof json === "string" ? json : JSON.stringify(json)}\n\n`

const counted = (more: object) => {
  const { usage } = seenByClaude(streamed(pair, [chunk({ content: "Hi" }), { ...chunk({}, "stop"), ...more }, DONE]))
  return [usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens]
}

const both = (content: string, whole: string, finish: string | null) => ({
  ...chunk(null),
  choices: [{ index: 0, delta: { content }, message: { role: "assistant", content: whole }, finish_reason: finish }]
})

describe("streams of servers that are only like OpenAI's, for a Claude client", () => {
  it("may have comments in them, as OpenRouter's do while it waits", () => {
    const comment = ": OPENROUTER PROCESSING\n\n"
    const { blocks } = text(
      comment,
      comment,
      data(chunk({ role: "assistant", content: "Hi" })),
      comment,
      data(chunk({}, "stop")),
      data(DONE)
    )
    assert.deepStrictEqual(blocks, hi)
  })

  it("may end lines in CR LF, begin with a byte-order mark, and cut the data into several lines", () => {
    const json = JSON.stringify(chunk({ content: "Hi" }, "stop")).replace(',"object"', ',\r\ndata: "object"')
    assert.deepStrictEqual(text(`\uFEFFdata: ${json}\r\n\r\ndata: [DONE]\r\n\r\n`).blocks, hi)
  })

  it("may end without [DONE] once there was a finish reason, and are cut before", () => {
    assert.deepStrictEqual(text(data(chunk({ content: "Hi" })), data(chunk({}, "stop"))).blocks, hi)
    assert.deepStrictEqual(text(data(chunk({ content: "Hi" }))).fault, { kind: "cut" })
  })

  it("may end with [DONE] and without a finish reason, but not in the middle of a call", () => {
    assert.strictEqual(text(data(chunk({ content: "Hi" })), data(DONE)).stop, "end_turn")
    const begun = callChunk({ index: 0, ...chatCall("c", "look", '{"a":') })
    assert.strictEqual(streamed(pair, [begun, DONE]).fault?.kind, "error")
    const whole = callChunk({ index: 0, ...chatCall("c", "look", '{"a":1}') })
    assert.strictEqual(seenByClaude(streamed(pair, [whole, DONE])).stop, "tool_use")
  })

  it("may have the role in each chunk, nulls for what is not there, and content beside the finish reason", () => {
    const { blocks } = seenByClaude(
      streamed(pair, [
        chunk({ role: "assistant", content: "", tool_calls: null, refusal: null, function_call: null }),
        chunk({ role: "assistant", content: "H", reasoning_content: null }, null, { usage: null }),
        chunk({ role: "assistant", content: "i" }, "stop", { usage: null }),
        DONE
      ])
    )
    assert.deepStrictEqual(blocks, hi)
  })

  it("may have no delta, no choices and no choice", () => {
    const { blocks } = seenByClaude(
      streamed(pair, [
        chunk(null),
        { ...chunk({}), choices: null },
        { ...chunk({}), choices: [null] },
        chunk({ content: "Hi" }, "stop"),
        DONE
      ])
    )
    assert.deepStrictEqual(blocks, hi)
  })

  it("may begin, and end, with what Azure's filter says", () => {
    const filter = {
      choices: [],
      created: 0,
      id: "",
      model: "",
      object: "",
      prompt_filter_results: [{ prompt_index: 0 }]
    }
    const late = {
      ...filter,
      choices: [{ content_filter_offsets: {}, content_filter_results: {}, finish_reason: null, index: 0 }]
    }
    const { blocks, stop } = seenByClaude(
      streamed(pair, [
        filter,
        chunk({ role: "assistant", content: "" }),
        chunk({ content: "Hi" }),
        chunk({}, "stop"),
        late,
        DONE
      ])
    )
    assert.deepStrictEqual([blocks, stop], [hi, "end_turn"])
  })

  it("may have the usage where Groq, Moonshot and DeepSeek have it", () => {
    assert.deepStrictEqual(counted({ x_groq: { usage: { prompt_tokens: 5, completion_tokens: 6 } } }), [5, 0, 6])
    const choices = [
      {
        index: 0,
        delta: {},
        finish_reason: "stop",
        usage: { prompt_tokens: 5, completion_tokens: 6, cached_tokens: 2 }
      }
    ]
    assert.deepStrictEqual(counted({ choices }), [3, 2, 6])
    const usage = { prompt_tokens: 10, completion_tokens: 5, prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 6 }
    assert.deepStrictEqual(counted({ usage }), [6, 4, 5])
  })

  it("may think in reasoning_content, in reasoning, and in Mistral's lists of parts", () => {
    const thought = { type: "thinking", thinking: "Hm.", signature: "" }
    const listed = { content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm." }] }] }
    for (const delta of [{ reasoning_content: "Hm.", content: null }, { reasoning: "Hm.", content: "" }, listed]) {
      const { blocks } = seenByClaude(streamed(pair, [chunk(delta), chunk({ content: "Hi" }, "stop"), DONE]))
      assert.deepStrictEqual(blocks, [thought, ...hi])
    }
  })

  it("may end the thought and begin the text in one delta, and bring all in one chunk", () => {
    const all = { reasoning_content: "Hm.", content: "Hi" }
    const streams = [
      [chunk({ reasoning_content: "Hm" }), chunk({ reasoning_content: ".", content: "Hi" }), chunk({}, "stop")],
      [chunk(all, "stop")]
    ]
    for (const events of streams) {
      const { blocks, stop } = seenByClaude(streamed(pair, [...events, DONE]))
      assert.deepStrictEqual(
        [blocks, stop],
        [[{ type: "thinking", thinking: "Hm.", signature: "" }, ...hi], "end_turn"]
      )
    }
  })

  it("may leave the index of calls out, or give all of them 0, as Ollama does, and stop for no call", () => {
    for (const index of [{}, { index: 0 }]) {
      const { blocks, stop } = seenByClaude(
        streamed(pair, [
          callChunk({ ...index, ...chatCall("call_a", "look", '{"n":1}') }),
          callChunk({ ...index, ...chatCall("call_b", "look", '{"n":2}') }),
          chunk({ content: "" }, "stop"),
          DONE
        ])
      )
      assert.deepStrictEqual(blocks, [toolUse("call_a", "look", { n: 1 }), toolUse("call_b", "look", { n: 2 })])
      assert.strictEqual(stop, "tool_use")
    }
  })

  it("may give parallel calls the same index and no ID at all", () => {
    const nameless = { index: 0, id: "" }
    const { blocks } = seenByClaude(
      streamed(pair, [
        callChunk({ ...nameless, function: { name: "look", arguments: '{"n":1}' } }),
        callChunk({ ...nameless, function: { name: "look", arguments: '{"n":2}' } }),
        callChunk({ index: -1, type: "function", function: { arguments: "" } }),
        chunk({}, "tool_calls"),
        DONE
      ])
    )
    assert.deepStrictEqual(
      blocks.map(({ input, name }: Wire) => [name, input]),
      [
        ["look", { n: 1 }],
        ["look", { n: 2 }]
      ]
    )
    assert.notStrictEqual(blocks[0].id, blocks[1].id)
  })

  it("may say the whole message beside each delta, as Perplexity does", () => {
    const { blocks } = seenByClaude(streamed(pair, [both("H", "H", null), both("i", "Hi", "stop")]))
    assert.deepStrictEqual(blocks, hi)
  })

  it("may send arguments as an object", () => {
    const entry = { index: 0, id: "c", type: "function", function: { name: "look", arguments: { n: 1 } } }
    assert.deepStrictEqual(seenByClaude(streamed(pair, [callChunk(entry), chunk({}, "tool_calls"), DONE])).blocks, [
      toolUse("c", "look", { n: 1 })
    ])
  })

  it("may be one event of two million characters", () => {
    const { blocks } = seenByClaude(streamed(pair, [chunk({ content: "é".repeat(2_000_000) }, "stop"), DONE]))
    assert.strictEqual(blocks[0].text.length, 2_000_000)
  })

  const errors: ReadonlyArray<readonly [string, object, number, string]> = [
    [
      "OpenRouter",
      { id: "x", error: { code: 502, message: "gone" }, choices: [{ index: 0, delta: {}, finish_reason: "error" }] },
      502,
      "gone"
    ],
    [
      "OpenRouter, in the choice",
      { choices: [{ index: 0, delta: {}, finish_reason: "error", error: { code: 429, message: "slow" } }] },
      429,
      "slow"
    ],
    ["vLLM", { object: "error", message: "too long", type: "BadRequestError", code: 400 }, 400, "too long"],
    ["OpenAI", { error: { message: "try again", type: "server_error", code: null } }, 500, "try again"]
  ]
  for (const [name, event, status, message] of errors) {
    it(`tells an error in mid-stream as ${name} does`, () => {
      const { fault } = streamed(pair, [chunk({ content: "Hi" }), event as never])
      if (fault?.kind !== "error") return assert.fail("no error")
      assert.deepStrictEqual([fault.error.status, fault.error.message], [status, message])
    })
  }
})

describe("whole answers with status 200 that are errors, for a Claude client", () => {
  const errors: ReadonlyArray<readonly [object, number, string]> = [
    [{ error: { message: "no such model", type: "invalid_request_error", code: 404 } }, 404, "no such model"],
    [{ error: "overloaded" }, 502, "overloaded"],
    [{ detail: "Not found" }, 502, "Not found"],
    [{ object: "error", message: "too long", code: 400 }, 400, "too long"],
    [
      { choices: [{ error: { message: "gone", code: 503 }, message: { content: "Hal" }, finish_reason: "error" }] },
      503,
      "gone"
    ]
  ]
  for (const [body, status, message] of errors) {
    it(`are told with their own words: ${JSON.stringify(body)}`, () => {
      const { fault } = answered(pair, body as never)
      assert.deepStrictEqual([fault.error.status, fault.error.message], [status, message])
    })
  }
})
