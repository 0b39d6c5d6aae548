import { assert, describe, it } from "@effect/vitest"

import { answered, type Pair, passed, streamed, type Wire } from "./exchange.ts"
import { seenByChat } from "./seen.ts"
import {
  blockDelta,
  blockStart,
  blockStop,
  callBlock,
  CLAUDE_STOP,
  claudeDelta,
  claudeMessage,
  claudeStart,
  DONE,
  textBlock,
  thinkingBlock,
  toolUse
} from "./wire.ts"

const pair: Pair = { client: "openai", provider: "claude", model: "claude-sonnet-4-5" }
const hi = textBlock(0, "Hi")
const whole = (...events: ReadonlyArray<object>) =>
  seenByChat(streamed(pair, [claudeStart(), ...events, claudeDelta("end_turn"), CLAUDE_STOP] as never))

describe("an answer of Claude for a chat client", () => {
  const cached = {
    input_tokens: 13,
    output_tokens: 1,
    cache_read_input_tokens: 22_000,
    cache_creation_input_tokens: 31
  }
  const counted = [22_044, 4, 22_048, 22_000]

  it("counts the cache into the prompt, whether the counts come first, last or in pieces", () => {
    const orders = [
      [claudeStart(cached), claudeDelta("end_turn", { output_tokens: 4 })],
      [claudeStart({}), claudeDelta("end_turn", { ...cached, output_tokens: 4 })],
      [
        claudeStart({ input_tokens: 0, output_tokens: 0 }),
        claudeDelta(null, { output_tokens: 2 }),
        claudeDelta("end_turn", { ...cached, output_tokens: 4 })
      ]
    ]
    for (const [start, ...ends] of orders) {
      const { usage } = seenByChat(streamed(pair, [start, ...hi, ...ends, CLAUDE_STOP] as never))
      const {
        completion_tokens: output,
        prompt_tokens: prompt,
        prompt_tokens_details: details,
        total_tokens: total
      } = usage
      assert.deepStrictEqual([prompt, output, total, details.cached_tokens], counted)
    }
    const { usage } = answered(
      pair,
      claudeMessage([{ type: "text", text: "Hi" }], "end_turn", { ...cached, output_tokens: 4 })
    )
    assert.deepStrictEqual(
      [usage.prompt_tokens, usage.completion_tokens, usage.total_tokens, usage.prompt_tokens_details.cached_tokens],
      counted
    )
  })

  it("keeps the counts of its beginning when the end has none", () => {
    const { usage } = seenByChat(
      streamed(pair, [
        claudeStart(cached),
        ...hi,
        { type: "message_delta", delta: { stop_reason: "end_turn" } },
        CLAUDE_STOP
      ])
    )
    assert.deepStrictEqual([usage.prompt_tokens, usage.completion_tokens], [22_044, 1])
  })

  const reasons = [
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["refusal", "content_filter"],
    ["sensitive", "content_filter"],
    ["pause_turn", "stop"]
  ] as const
  for (const [stop, finish] of reasons) {
    it(`stops for ${stop} as ${finish}, streamed and whole`, () => {
      const flow = seenByChat(streamed(pair, [claudeStart(), ...hi, claudeDelta(stop), CLAUDE_STOP]))
      assert.strictEqual(flow.finish, finish)
      assert.strictEqual(
        answered(pair, claudeMessage([{ type: "text", text: "Hi" }], stop)).choices[0].finish_reason,
        finish
      )
    })
  }

  it("is the same streamed as whole, with thoughts and two calls counted from 0", () => {
    const flow = seenByChat(
      streamed(pair, [
        claudeStart(),
        ...thinkingBlock(0, "First. ", ""),
        ...textBlock(1, "So."),
        ...callBlock(2, "toolu_a", "look", '{"n":1}'),
        ...callBlock(3, "toolu_b", "look", ""),
        claudeDelta("tool_use"),
        CLAUDE_STOP
      ])
    )
    const { finish_reason: finish, message } = answered(
      pair,
      claudeMessage(
        [
          { type: "thinking", thinking: "First. ", signature: "" },
          { type: "text", text: "So." },
          toolUse("toolu_a", "look", { n: 1 }),
          toolUse("toolu_b", "look")
        ],
        "tool_use"
      )
    ).choices[0]
    assert.deepStrictEqual(flow.calls, [
      { id: "toolu_a", name: "look", arguments: '{"n":1}' },
      { id: "toolu_b", name: "look", arguments: "{}" }
    ])
    assert.deepStrictEqual(
      message.tool_calls.map(({ function: called, id }: Wire) => ({ id, ...called })),
      flow.calls
    )
    assert.deepStrictEqual(
      [message.content, message.reasoning_content, finish],
      [flow.content, flow.thought, flow.finish]
    )
  })

  it("has no word of thoughts when there are none", () => {
    const { message } = answered(pair, claudeMessage([{ type: "text", text: "Hi" }], "end_turn")).choices[0]
    assert.notProperty(message, "reasoning_content")
    assert.notProperty(message, "reasoning")
  })

  it("shows an encrypted thought to nobody, and carries it for Claude", () => {
    const events = [blockStart(0, { type: "redacted_thinking", data: "c2VjcmV0" }), blockStop(0), ...textBlock(1, "Hi")]
    const flow = streamed(pair, [claudeStart(), ...events, claudeDelta("end_turn"), CLAUDE_STOP])
    assert.deepStrictEqual([seenByChat(flow).thought, seenByChat(flow).content], ["", "Hi"])
    assert.notInclude(JSON.stringify(flow.events), "c2VjcmV0")
    const message = answered(
      pair,
      claudeMessage(
        [
          { type: "redacted_thinking", data: "c2VjcmV0" },
          { type: "text", text: "Hi" }
        ],
        "end_turn"
      )
    )
    assert.notProperty(message.choices[0].message, "reasoning_content")
    assert.strictEqual(message.choices[0].message.reasoning_details[0].type, "reasoning.encrypted")
  })

  it("leaves out what Claude's own tools did", () => {
    const search = [
      blockStart(0, { type: "server_tool_use", id: "s", name: "web_search", input: {} }),
      blockDelta(0, { type: "input_json_delta", partial_json: '{"q":1}' }),
      blockStop(0),
      blockStart(1, { type: "web_search_tool_result", tool_use_id: "s", content: [] }),
      blockStop(1)
    ]
    const seen = whole(...search, ...textBlock(2, "Hi"))
    assert.deepStrictEqual([seen.content, seen.calls, seen.finish], ["Hi", [], "stop"])
  })
})

const json = (index: number, partial: string) => blockDelta(index, { type: "input_json_delta", partial_json: partial })

describe("streams of servers that are only like Claude's, for a chat client", () => {
  it("may have no names of events, and floods of pings", () => {
    const ping = { type: "ping" }
    const events = [claudeStart(), ping, ping, ...hi, ping, claudeDelta("end_turn"), ping, CLAUDE_STOP]
    const bytes = events.map((event) => Buffer.from(`data: ${JSON.stringify(event)}\r\n\r\n`))
    assert.deepStrictEqual(
      [seenByChat(passed(pair, bytes)).content, seenByChat(passed(pair, bytes)).finish],
      ["Hi", "stop"]
    )
  })

  it("may begin a text or a thought with its first delta, and say nothing more for a block that has ended", () => {
    const seen = whole(
      blockDelta(0, { type: "thinking_delta", thinking: "Hm." }),
      blockStop(0),
      blockDelta(1, { type: "text_delta", text: "H" }),
      blockDelta(1, { type: "text_delta", text: "i" }),
      blockStop(1),
      blockDelta(1, { type: "text_delta", text: "late" })
    )
    assert.deepStrictEqual([seen.thought, seen.content], ["Hm.", "Hi"])
  })

  it("may have the whole answer in the first event, as after a tool of Claude's own", () => {
    const ran = { type: "code_execution_tool_result", tool_use_id: "srv", content: { type: "code_execution_result" } }
    const message = claudeMessage(
      [ran, { type: "text", text: "So." }, toolUse("toolu_1", "look", { n: 1 })],
      "tool_use"
    )
    const seen = seenByChat(streamed(pair, [{ type: "message_start", message }, CLAUDE_STOP]))
    assert.deepStrictEqual([seen.content, seen.finish], ["So.", "tool_calls"])
    assert.deepStrictEqual(seen.calls, [{ id: "toolu_1", name: "look", arguments: '{"n":1}' }])
  })

  it("may say twice that they begin, but are broken when they begin anew after they have said something", () => {
    const second = { type: "message_start", message: { id: "msg_2", content: [], usage: {} } }
    assert.strictEqual(whole(claudeStart(), ...hi).content, "Hi")
    assert.strictEqual(
      seenByChat(streamed(pair, [claudeStart(), second, ...hi, claudeDelta("end_turn"), CLAUDE_STOP])).content,
      "Hi"
    )
    const { fault } = streamed(pair, [claudeStart(), ...hi, second, ...hi, claudeDelta("end_turn"), CLAUDE_STOP])
    assert.strictEqual(fault?.kind, "error")
  })

  it("may lack the first event, and the last", () => {
    assert.strictEqual(seenByChat(streamed(pair, [...hi, claudeDelta("end_turn"), CLAUDE_STOP])).content, "Hi")
    assert.strictEqual(seenByChat(streamed(pair, [claudeStart(), ...hi, claudeDelta("end_turn")])).finish, "stop")
  })

  it("may end with OpenAI's [DONE], which completes nothing", () => {
    assert.strictEqual(
      seenByChat(streamed(pair, [claudeStart(), ...hi, claudeDelta("end_turn"), CLAUDE_STOP, DONE])).finish,
      "stop"
    )
    assert.strictEqual(seenByChat(streamed(pair, [claudeStart(), ...hi, claudeDelta("end_turn"), DONE])).finish, "stop")
    assert.deepStrictEqual(streamed(pair, [claudeStart(), ...hi, DONE]).fault, { kind: "cut" })
  })

  it("may have calls open side by side, whose arguments come in turns", () => {
    const { calls } = whole(
      blockStart(0, toolUse("a", "one")),
      blockStart(1, toolUse("b", "two")),
      json(0, '{"x"'),
      json(1, '{"y"'),
      json(0, ":1}"),
      json(1, ":2}"),
      blockStop(0),
      blockStop(1)
    )
    assert.deepStrictEqual(calls, [
      { id: "a", name: "one", arguments: '{"x":1}' },
      { id: "b", name: "two", arguments: '{"y":2}' }
    ])
  })

  it("may bring the input of a call at once, and give it no ID", () => {
    const { calls } = whole(blockStart(0, { type: "tool_use", name: "look", input: { n: 1 } }), blockStop(0))
    assert.deepStrictEqual([calls[0].name, calls[0].arguments], ["look", '{"n":1}'])
    assert.notStrictEqual(calls[0].id, "")
  })

  it("may be overloaded, at once and in the middle", () => {
    const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }
    for (const events of [
      [claudeStart(), error],
      [claudeStart(), ...hi, error]
    ]) {
      const { fault } = streamed(pair, events)
      if (fault?.kind !== "error") return assert.fail("no error")
      assert.deepStrictEqual([fault.error.status, fault.error.type], [529, "overloaded_error"])
    }
    assert.deepStrictEqual(streamed(pair, [claudeStart(), error]).events, [])
  })

  it("may be errors with status 200, whole and with more or less of the form", () => {
    const cases = [
      [{ type: "error", error: { type: "rate_limit_error", message: "slow" } }, 429, "slow"],
      [{ error: { message: "broken" } }, 502, "broken"],
      [{ type: "error", message: "bare" }, 502, "bare"]
    ] as const
    for (const [body, status, message] of cases) {
      const { fault } = answered(pair, body)
      assert.deepStrictEqual([fault.error.status, fault.error.message], [status, message])
    }
  })
})
