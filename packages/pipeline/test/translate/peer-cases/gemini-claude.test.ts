import { assert, describe, it } from "@effect/vitest"

import { answered, type Pair, sent, streamed, type Wire } from "./exchange.ts"
import { seenByGemini } from "./seen.ts"
import {
  callBlock,
  CLAUDE_STOP,
  claudeDelta,
  claudeMessage,
  claudeStart,
  textBlock,
  thinkingBlock,
  toolUse
} from "./wire.ts"

const pair: Pair = { client: "gemini", provider: "claude", model: "claude-sonnet-4-5" }
const question = { role: "user", parts: [{ text: "What is there?" }] }
const call = (name: string, id?: string) => ({ functionCall: { name, args: {}, ...(id && { id }) } })
const response = (name: string, result: string, id?: string) => ({
  functionResponse: { name, response: { result }, ...(id && { id }) }
})
const model = (...parts: ReadonlyArray<object>) => ({ role: "model", parts })
const user = (...parts: ReadonlyArray<object>) => ({ role: "user", parts })
const messages = (...contents: ReadonlyArray<object>) => sent(pair, { contents }).messages
const ids = ({ content }: Wire) => content.map((block: Wire) => block.tool_use_id ?? block.id)

const inline = (mimeType: string) => ({ inlineData: { mimeType, data: "AA==" } })

describe("a request of a Gemini client for Claude", () => {
  for (const field of ["id", "call_id"]) {
    it(`keeps IDs that are given as ${field}`, () => {
      const named = { functionCall: { name: "look", [field]: "gateway_1", args: {} } }
      const answer = { functionResponse: { name: "look", [field]: "gateway_1", response: { result: "ok" } } }
      const [, turn, next] = messages(question, model(named), user(answer))
      assert.deepStrictEqual([ids(turn), ids(next)], [["gateway_1"], ["gateway_1"]])
    })
  }

  it("joins turns of one role", () => {
    const written = messages(
      question,
      model({ text: "So." }),
      model(call("one", "a")),
      model(call("two", "b")),
      user(response("one", "1", "a")),
      user(response("two", "2", "b"))
    )
    assert.deepStrictEqual(
      written.map(({ content, role }: Wire) => [role, content.map(({ type }: Wire) => type)]),
      [
        ["user", ["text"]],
        ["assistant", ["text", "tool_use", "tool_use"]],
        ["user", ["tool_result", "tool_result"]]
      ]
    )
    assert.deepStrictEqual(ids(written[2]), ["a", "b"])
  })

  it("makes IDs that are unique, the same each time, and never one that the client gave", () => {
    const contents = [
      question,
      model(call("one", "call_gemini_0"), call("two"), call("two")),
      user(response("one", "1", "call_gemini_0"), response("two", "2"), response("two", "3"))
    ]
    const [, turn, next] = messages(...contents)
    assert.strictEqual(new Set(ids(turn)).size, 3)
    assert.strictEqual(ids(turn)[0], "call_gemini_0")
    assert.deepStrictEqual(ids(turn), ids(next))
    assert.deepStrictEqual(messages(...contents), messages(...contents))
  })

  it("has the system instruction as such, and no turn for it", () => {
    const body = sent(pair, { system_instruction: { parts: [{ text: "S" }] }, contents: [question] })
    assert.deepStrictEqual([body.system, body.messages.length], [[{ type: "text", text: "S" }], 1])
  })

  it("has images as images, PDF as a document, and words for what Claude cannot take", () => {
    const [{ content }] = messages(
      user(
        { inline_data: { mime_type: "image/png", data: "AA==" } },
        inline("application/pdf"),
        inline("audio/wav"),
        inline("video/mp4")
      )
    )
    assert.deepStrictEqual(
      content.map(({ type }: Wire) => type),
      ["image", "document", "text", "text"]
    )
    assert.include(content[2].text, "audio/wav")
  })

  it("shows Claude no thought that another provider signed, nor a turn of nothing else", () => {
    const hidden = { thought: true, text: "inner", thoughtSignature: "b3BhcXVl" }
    assert.deepStrictEqual(messages(question, model(hidden), user({ text: "go on" })), [
      {
        role: "user",
        content: [
          { type: "text", text: "What is there?" },
          { type: "text", text: "go on" }
        ]
      }
    ])
    const [, turn] = messages(question, model(hidden, { text: "So." }), user({ text: "go on" }))
    assert.deepStrictEqual(turn.content, [{ type: "text", text: "So." }])
  })

  it("keeps the temperature for models that take one", () => {
    const asked = {
      contents: [question],
      generationConfig: { temperature: 0.2, topP: 0.8, topK: 5, maxOutputTokens: 9 }
    }
    const { max_tokens: limit, temperature, top_k: topK } = sent(pair, asked)
    assert.deepStrictEqual([limit, temperature, topK], [9, 0.2, 5])
    assert.notProperty(sent({ ...pair, model: "claude-opus-4-7" }, asked), "temperature")
  })

  it("tells that a function failed", () => {
    const failed = { functionResponse: { name: "look", response: { error: "no such file" } } }
    const [, , { content }] = messages(question, model(call("look")), user(failed))
    assert.deepStrictEqual([content[0].content, content[0].is_error], ["no such file", true])
  })

  it("demands the functions that are allowed, and declares no others", () => {
    const body = sent(pair, {
      contents: [question],
      tools: [{ functionDeclarations: [{ name: "one" }, { name: "two" }, { name: "three" }] }],
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["one", "three"] } }
    })
    assert.deepStrictEqual(
      [body.tools.map(({ name }: Wire) => name), body.tool_choice],
      [["one", "three"], { type: "any" }]
    )
  })
})

describe("an answer of Claude for a Gemini client", () => {
  const events = [
    claudeStart({ input_tokens: 3, cache_read_input_tokens: 7, output_tokens: 1 }),
    ...thinkingBlock(0, "Hm.", "c2lnbmVk"),
    ...textBlock(1, "So."),
    ...callBlock(2, "toolu_1", "look", '{"n":1}'),
    claudeDelta("tool_use"),
    CLAUDE_STOP
  ]

  it("has thoughts, text and calls with their IDs, the same streamed as whole", () => {
    const flow = seenByGemini(streamed(pair, events))
    assert.deepStrictEqual([flow.thought, flow.text, flow.finish], ["Hm.", "So.", "STOP"])
    assert.deepStrictEqual(flow.calls, [{ id: "toolu_1", name: "look", args: { n: 1 } }])
    const content = [
      { type: "thinking", thinking: "Hm.", signature: "c2lnbmVk" },
      { type: "text", text: "So." },
      toolUse("toolu_1", "look", { n: 1 })
    ]
    const { parts } = answered(pair, claudeMessage(content, "tool_use")).candidates[0].content
    assert.deepStrictEqual([parts[0].text, parts[1].text, parts[2].functionCall], ["Hm.", "So.", flow.calls[0]])
  })

  it("counts what was read from the cache into the prompt", () => {
    const { cachedContentTokenCount, candidatesTokenCount, promptTokenCount } = seenByGemini(
      streamed(pair, events)
    ).usage
    assert.deepStrictEqual([promptTokenCount, cachedContentTokenCount, candidatesTokenCount], [10, 7, 5])
  })

  it("carries the signature of a thought to the client and back to Claude, byte for byte", () => {
    const content = [{ type: "thinking", thinking: "Hm.", signature: "c2lnbmVk" }, toolUse("toolu_1", "look", { n: 1 })]
    const { parts } = answered(pair, claudeMessage(content, "tool_use")).candidates[0].content
    const [, turn] = messages(question, model(...parts), user(response("look", "1", "toolu_1")))
    assert.deepStrictEqual(turn.content, content)
  })

  it("carries an encrypted thought, and shows none", () => {
    const content = [
      { type: "redacted_thinking", data: "c2VjcmV0" },
      { type: "text", text: "So." }
    ]
    const { parts } = answered(pair, claudeMessage(content, "end_turn")).candidates[0].content
    assert.notInclude(JSON.stringify(parts), "c2VjcmV0")
    assert.deepStrictEqual(messages(question, model(...parts), question)[1].content, content)
  })

  for (const [stop, reason] of [
    ["end_turn", "STOP"],
    ["stop_sequence", "STOP"],
    ["max_tokens", "MAX_TOKENS"],
    ["refusal", "SAFETY"]
  ] as const) {
    it(`stops for ${stop} as ${reason}, streamed and whole`, () => {
      const flow = seenByGemini(streamed(pair, [claudeStart(), ...textBlock(0, "Hi"), claudeDelta(stop), CLAUDE_STOP]))
      assert.strictEqual(flow.finish, reason)
      assert.strictEqual(
        answered(pair, claudeMessage([{ type: "text", text: "Hi" }], stop)).candidates[0].finishReason,
        reason
      )
    })
  }
})
