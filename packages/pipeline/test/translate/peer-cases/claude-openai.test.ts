import { assert, describe, it } from "@effect/vitest"

import { type Pair, sent } from "./exchange.ts"
import { claudeAsk, toolResult, toolUse } from "./wire.ts"

const pair: Pair = { client: "claude", provider: "openai", model: "served-model" }
const openai: Pair = { ...pair, model: "gpt-4.1" }
const question = { role: "user", content: "What is there?" }
const called = { role: "assistant", content: [toolUse("toolu_1", "look", { at: "." })] }
const messages = (asked: ReadonlyArray<object>, to = pair) => sent(to, claudeAsk(asked as never)).messages

describe("a request of a Claude client for a server of chat completions", () => {
  it("has results of tools right behind their calls, and what the user said before and after them in one message", () => {
    const turn = { type: "text", text: "before" }
    const asked = messages([
      question,
      called,
      {
        role: "user",
        content: [turn, toolResult("toolu_1", [{ type: "text", text: "a.txt" }]), { ...turn, text: "after" }]
      }
    ])
    assert.deepStrictEqual(asked.slice(2), [
      { role: "tool", tool_call_id: "toolu_1", content: "a.txt" },
      { role: "user", content: "before\n\nafter" }
    ])
  })

  it("tells a tool's result that is any JSON as its text", () => {
    const [, , result] = messages([question, called, { role: "user", content: [toolResult("toolu_1", { files: 3 })] }])
    assert.deepStrictEqual(result, { role: "tool", tool_call_id: "toolu_1", content: '{"files":3}' })
  })

  it("takes a single block as a tool's result", () => {
    const block = { type: "text", text: "one block" }
    const [, , result] = messages([question, called, { role: "user", content: [toolResult("toolu_1", block)] }])
    assert.strictEqual(result.content, "one block")
  })

  it("shows an image out of a tool's result in a user's message behind it, never as text", () => {
    const source = { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" }
    const content = [
      { type: "text", text: "a shot" },
      { type: "image", source }
    ]
    const [, , result, shown] = messages([
      question,
      called,
      { role: "user", content: [toolResult("toolu_1", content)] }
    ])
    assert.strictEqual(result.content, "a shot")
    assert.deepStrictEqual(shown.content[1], {
      type: "image_url",
      image_url: { url: "data:image/png;base64,iVBORw0KGgo=" }
    })
  })

  it("says that a call was not answered, since OpenAI takes none without an answer", () => {
    const [, , result, next] = messages([question, called, { role: "user", content: "never mind" }])
    assert.deepStrictEqual([result.role, result.tool_call_id], ["tool", "toolu_1"])
    assert.deepStrictEqual(next, { role: "user", content: "never mind" })
  })

  it("keeps texts on both sides of a call apart, and thoughts as well", () => {
    const content = [
      { type: "thinking", thinking: "first", signature: "c2ln" },
      { type: "text", text: "Looking." },
      toolUse("toolu_1", "look"),
      { type: "thinking", thinking: "second", signature: "c2ln" },
      { type: "text", text: "Looked." }
    ]
    const [, turn] = messages([question, { role: "assistant", content }])
    assert.strictEqual(turn.content, "Looking.\n\nLooked.")
    assert.strictEqual(turn.reasoning_content, "first\n\nsecond")
    assert.strictEqual(turn.tool_calls.length, 1)
  })

  it("has one message for all instructions at the head, without the line that is for Anthropic's accounts", () => {
    const { messages: written } = sent(
      pair,
      claudeAsk([question], {
        system: [
          { type: "text", text: "x-anthropic-billing-header: cc_version=2.1.9; cc_entrypoint=cli; cch=0aaa9;" },
          { type: "text", text: "Be brief." },
          { type: "text", text: "Be kind." }
        ]
      })
    )
    assert.deepStrictEqual(written[0], { role: "system", content: "Be brief.\n\nBe kind." })
  })

  it("takes only the line for Anthropic's accounts out of a text that goes on", () => {
    const system = "x-anthropic-billing-header: cc_version=2.1.9; cch=0aaa9;\nYou are an agent."
    assert.strictEqual(sent(pair, claudeAsk([question], { system })).messages[0].content, "You are an agent.")
  })

  const empty: ReadonlyArray<readonly [string, object]> = [
    ["no", {}],
    ["empty", { system: "" }],
    ["an empty list of", { system: [] }]
  ]
  for (const [name, more] of empty) {
    it(`with ${name} instructions begins with the user`, () => {
      assert.deepStrictEqual(sent(pair, claudeAsk([question], more as never)).messages, [question])
    })
  }

  it("marks instructions in the middle as the user's reminder, for models whose templates take them at the head alone", () => {
    const asked = [
      question,
      { role: "assistant", content: "Much." },
      { role: "system", content: "Be brief." },
      question
    ]
    assert.deepStrictEqual(messages(asked)[2], {
      role: "user",
      content: "<system-reminder>\nBe brief.\n</system-reminder>"
    })
    assert.deepStrictEqual(messages(asked, openai)[2], { role: "system", content: "Be brief." })
  })

  it("leaves thoughts without a word out, and turns of nothing else", () => {
    const [, second, third] = messages([
      question,
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: " \n\t", signature: "" },
          { type: "text", text: "A." }
        ]
      },
      {
        role: "user",
        content: [
          { type: "thinking", thinking: "not the user's", signature: "" },
          { type: "text", text: "B?" }
        ]
      }
    ])
    assert.deepStrictEqual(second, { role: "assistant", content: "A." })
    assert.deepStrictEqual(third, { role: "user", content: "B?" })
    const redacted = { role: "assistant", content: [{ type: "redacted_thinking", data: "c2VjcmV0" }] }
    assert.deepStrictEqual(messages([question, redacted, question]), [question, question])
  })

  it("shows OpenAI's own models no thoughts", () => {
    const content = [
      { type: "thinking", thinking: "Hm.", signature: "c2ln" },
      { type: "text", text: "A." }
    ]
    assert.deepStrictEqual(messages([question, { role: "assistant", content }, question], openai)[1], {
      role: "assistant",
      content: "A."
    })
  })

  it("adds the properties that a tool's schema lacks, and names each tool once", () => {
    const tool = { name: "look", input_schema: { type: "object" } }
    const { tools } = sent(pair, claudeAsk([question], { tools: [tool, { ...tool, description: "again" }] }))
    assert.deepStrictEqual(tools, [
      { type: "function", function: { name: "look", parameters: { type: "object", properties: {} } } }
    ])
  })

  const choices: ReadonlyArray<readonly [object, unknown]> = [
    [{ type: "auto" }, "auto"],
    [{ type: "any" }, "required"],
    [{ type: "none" }, "none"],
    [
      { type: "tool", name: "look" },
      { type: "function", function: { name: "look" } }
    ]
  ]
  for (const [choice, expected] of choices) {
    it(`writes the choice ${JSON.stringify(choice)} as ${JSON.stringify(expected)}`, () => {
      const tools = [{ name: "look", input_schema: { type: "object" } }]
      assert.deepStrictEqual(sent(pair, claudeAsk([question], { tools, tool_choice: choice })).tool_choice, expected)
    })
  }

  it("has all stop sequences, and asks for the usage of a stream", () => {
    const asked = claudeAsk([question], { stop_sequences: ["END", "\n\n"], stream: true })
    const body = sent(pair, asked, true)
    assert.deepStrictEqual(body.stop, ["END", "\n\n"])
    assert.deepStrictEqual(body.stream_options, { include_usage: true })
  })

  it("gives Mistral's models the IDs of nine characters and the order that they ask for", () => {
    const asked = [
      question,
      called,
      { role: "user", content: [toolResult("toolu_1", "a.txt"), { type: "text", text: "So?" }] }
    ]
    const written = messages(asked, { ...pair, model: "mistral-large-latest" })
    const id = written[1].tool_calls[0].id
    assert.match(id, /^[a-zA-Z0-9]{9}$/)
    assert.strictEqual(written[2].tool_call_id, id)
    assert.deepStrictEqual(
      written.map(({ role }: { role: string }) => role),
      ["user", "assistant", "tool", "assistant", "user"]
    )
  })

  it("gives Kimi and DeepSeek a thought with each call, which they refuse to be without", () => {
    const result = { role: "user", content: [toolResult("toolu_1", "a.txt")] }
    for (const model of ["kimi-k2.6", "deepseek-v3.2"]) {
      const [, turn] = messages([question, called, result], { ...pair, model })
      assert.notStrictEqual(turn.reasoning_content ?? "", "")
    }
    assert.isUndefined(messages([question, called, result])[1].reasoning_content)
  })
})
