import { assert, describe, it } from "@effect/vitest"

import { type Pair, sent, type Wire } from "./exchange.ts"
import { chatCall, chatTool, toolResult, toolUse } from "./wire.ts"

const pair: Pair = { client: "openai", provider: "claude", model: "claude-sonnet-4-5" }
const question = { role: "user", content: "What is there?" }
const calls = (...ids: ReadonlyArray<string>) => ({
  role: "assistant",
  content: null,
  tool_calls: ids.map((id) => chatCall(id, "look", '{"n":1}'))
})
const result = (id: string, content: unknown) => ({ role: "tool", tool_call_id: id, content })
const messages = (...asked: ReadonlyArray<object>) => sent(pair, { messages: asked }).messages
const ids = ({ content }: Wire) => content.map((block: Wire) => block.tool_use_id ?? block.id)

const image = (url: string) => ({ type: "image_url", image_url: { url } })

const part = (name: string) => ({ type: "object", properties: { [name]: { type: "string" } }, required: [name] })

describe("a request of a chat client for Claude", () => {
  it("has the results of parallel calls in one turn, in the order of the calls, before what the user says", () => {
    const [, turn, next] = messages(question, calls("a", "b"), result("b", "B"), result("a", "A"), {
      role: "user",
      content: "So?"
    })
    assert.deepStrictEqual(ids(turn), ["a", "b"])
    assert.deepStrictEqual(next.content, [toolResult("a", "A"), toolResult("b", "B"), { type: "text", text: "So?" }])
  })

  it("has one result for each call: the last, at the place of its call", () => {
    const [, , next] = messages(question, calls("a", "b"), result("a", "first"), result("b", "B"), result("a", "last"))
    assert.deepStrictEqual(next.content, [toolResult("a", "last"), toolResult("b", "B")])
  })

  it("has IDs of letters that Claude takes, the same in call and result, and different ones for different calls", () => {
    const [, turn, next] = messages(
      question,
      calls("call.a:1", "call_a_1"),
      result("call.a:1", "1"),
      result("call_a_1", "2")
    )
    for (const id of ids(turn)) assert.match(id, /^[a-zA-Z0-9_-]+$/)
    assert.deepStrictEqual(ids(turn), ids(next))
    assert.strictEqual(new Set(ids(turn)).size, 2)
  })

  it("answers a call that nobody answered with an error, and tells a result without a call in words", () => {
    const [, , next] = messages(question, calls("a"), result("other", "lost"))
    assert.deepStrictEqual([next.content[0].tool_use_id, next.content[0].is_error], ["a", true])
    assert.include(JSON.stringify(next.content.slice(1)), "lost")
  })

  it("keeps images in results: a link as a link, bytes as bytes", () => {
    const [, , next] = messages(
      question,
      calls("a", "b"),
      result("a", [{ type: "text", text: "shot" }, image("https://example.com/a.png")]),
      result("b", image("data:image/png;charset=utf-8;base64,QUJD"))
    )
    assert.deepStrictEqual(next.content[0].content, [
      { type: "text", text: "shot" },
      { type: "image", source: { type: "url", url: "https://example.com/a.png" } }
    ])
    assert.deepStrictEqual(next.content[1].content, [
      { type: "image", source: { type: "base64", media_type: "image/png", data: "QUJD" } }
    ])
  })

  it("leaves a result that is a text a text, and makes one of any other JSON", () => {
    const [, , next] = messages(question, calls("a", "b"), result("a", "ok"), result("b", { k: 1 }))
    assert.deepStrictEqual(next.content, [toolResult("a", "ok"), toolResult("b", '{"k":1}')])
  })

  it("reads the blocks of Claude that Cursor writes into chat completions", () => {
    const written = messages(
      question,
      {
        role: "assistant",
        content: [
          { type: "text", text: "Let me see." },
          toolUse("toolu_1", "ls", { path: "." }),
          toolUse("toolu_2", "ls")
        ]
      },
      {
        role: "user",
        content: [
          toolResult("toolu_1", [{ type: "image", source: { type: "base64", media_type: "image/png", data: "AA==" } }]),
          toolResult("toolu_2", "no such thing", { is_error: true }),
          { type: "text", text: "Now sum up." }
        ]
      }
    )
    assert.deepStrictEqual(written[1].content.slice(1), [
      toolUse("toolu_1", "ls", { path: "." }),
      toolUse("toolu_2", "ls")
    ])
    assert.deepStrictEqual(written[2].content, [
      toolResult("toolu_1", [{ type: "image", source: { type: "base64", media_type: "image/png", data: "AA==" } }]),
      toolResult("toolu_2", "no such thing", { is_error: true }),
      { type: "text", text: "Now sum up." }
    ])
  })

  it("reads Claude's own tools and choices among a chat completion's", () => {
    const schema = { type: "object", properties: { path: { type: "string" } } }
    const body = sent(pair, {
      messages: [question],
      tools: [
        { name: "read", description: "Read a file", input_schema: schema },
        { type: "web_search_20250305", name: "web_search", max_uses: 5 },
        chatTool("look")
      ],
      tool_choice: { type: "tool", name: "read" }
    })
    assert.deepStrictEqual(body.tools[0], { name: "read", description: "Read a file", input_schema: schema })
    assert.deepStrictEqual(body.tools[1], { type: "web_search_20250305", name: "web_search", max_uses: 5 })
    assert.strictEqual(body.tools[2].name, "look")
    assert.deepStrictEqual(body.tool_choice, { type: "tool", name: "read" })
  })

  it("has the instructions at the head as blocks with their cache marks, and later ones in the user's turn", () => {
    const mark = { cache_control: { type: "ephemeral" } }
    const body = sent(pair, {
      messages: [
        { role: "system", content: "S" },
        { role: "developer", content: [{ type: "text", text: "D", ...mark }] },
        {
          role: "user",
          content: [
            { type: "text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" } },
            { type: "text", text: "b" }
          ],
          ...mark
        },
        { role: "system", content: "late" },
        { role: "user", content: "c" }
      ]
    })
    assert.deepStrictEqual(body.system, [
      { type: "text", text: "S" },
      { type: "text", text: "D", ...mark }
    ])
    assert.deepStrictEqual(body.messages, [
      {
        role: "user",
        content: [
          { type: "text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" } },
          { type: "text", text: "b", ...mark },
          { type: "text", text: "<system-reminder>\nlate\n</system-reminder>" },
          { type: "text", text: "c" }
        ]
      }
    ])
  })

  it("of instructions alone has a turn of the user's all the same", () => {
    const body = sent(pair, { messages: [{ role: "system", content: "S" }] })
    assert.deepStrictEqual([body.system[0].text, body.messages.length, body.messages[0].role], ["S", 1, "user"])
  })

  it("has a tool's schema without a union at its root, with the properties of all its parts", () => {
    for (const union of ["anyOf", "oneOf", "allOf"]) {
      const { tools } = sent(pair, {
        messages: [question],
        tools: [chatTool("look", { [union]: [part("a"), part("b")] })]
      })
      const { input_schema: schema } = tools[0]
      assert.deepStrictEqual(Object.keys(schema.properties), ["a", "b"])
      assert.deepStrictEqual([schema.type, schema[union]], ["object", undefined])
      assert.deepStrictEqual(schema.required ?? [], union === "allOf" ? ["a", "b"] : [])
    }
  })

  const limits: ReadonlyArray<readonly [object, number]> = [
    [{}, 32_000],
    [{ max_tokens: 5 }, 5],
    [{ max_completion_tokens: 6 }, 6],
    [{ max_tokens: 5, max_completion_tokens: 6 }, 6],
    [{ max_tokens: null }, 32_000]
  ]
  for (const [given, limit] of limits) {
    it(`has ${limit} as its limit for ${JSON.stringify(given)}`, () => {
      assert.strictEqual(sent(pair, { messages: [question], ...given }).max_tokens, limit)
    })
  }

  it("keeps the temperature up to 1, and of temperature and top_p the one that newer models take", () => {
    const { temperature, top_p: topP } = sent(pair, { messages: [question], temperature: 1.7, top_p: 0.9 })
    assert.deepStrictEqual([temperature, topP], [1, undefined])
  })

  it("keeps the choice of no tool", () => {
    const tools = [chatTool("look")]
    assert.deepStrictEqual(sent(pair, { messages: [question], tools, tool_choice: "none" }).tool_choice, {
      type: "none"
    })
    assert.deepStrictEqual(
      sent(pair, { messages: [question], tools, tool_choice: "required", parallel_tool_calls: false }).tool_choice,
      { type: "any", disable_parallel_tool_use: true }
    )
  })
})
