import { assert, describe, it } from "@effect/vitest"

import { answered, type Pair, passed, sent, streamed, type Wire } from "./exchange.ts"
import { seenByClaude } from "./seen.ts"
import { claudeAsk, DONE, gemini, toolResult, toolUse } from "./wire.ts"

const pair: Pair = { client: "claude", provider: "gemini", model: "gemini-3-pro-preview" }
const older: Pair = { ...pair, model: "gemini-2.5-flash" }
const question = { role: "user", content: "What is there?" }
const tool = (name: string, schema: object = { type: "object", properties: {} }) => ({ name, input_schema: schema })

describe("a request of a Claude client for Gemini", () => {
  it("demands the one tool that was chosen", () => {
    const body = sent(
      pair,
      claudeAsk([question], { tools: [tool("json")], tool_choice: { type: "tool", name: "json" } })
    )
    assert.deepStrictEqual(body.toolConfig.functionCallingConfig, { mode: "ANY", allowedFunctionNames: ["json"] })
  })

  for (const [choice, mode] of [
    ["auto", "AUTO"],
    ["any", "ANY"],
    ["none", "NONE"]
  ] as const) {
    it(`writes the choice ${choice} as ${mode}`, () => {
      const body = sent(pair, claudeAsk([question], { tools: [tool("json")], tool_choice: { type: choice } }))
      assert.strictEqual(body.toolConfig.functionCallingConfig.mode, mode)
    })
  }

  it("leaves empty texts out", () => {
    const content = [
      { type: "text", text: "" },
      { type: "text", text: "Hi" }
    ]
    assert.deepStrictEqual(sent(pair, claudeAsk([{ role: "user", content }])).contents, [
      { role: "user", parts: [{ text: "Hi" }] }
    ])
  })

  it("has the bytes of an image, and the address of one", () => {
    const content = [
      { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } },
      { type: "image", source: { type: "url", url: "https://example.com/a.png" } }
    ]
    assert.deepStrictEqual(sent(pair, claudeAsk([{ role: "user", content }])).contents[0].parts, [
      { inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" } },
      { fileData: { mimeType: "image/png", fileUri: "https://example.com/a.png" } }
    ])
  })

  it("has a result for each call, in the order of the calls, with the function's name", () => {
    const { contents } = sent(
      pair,
      claudeAsk([
        question,
        { role: "assistant", content: [toolUse("a", "one"), toolUse("b", "two"), toolUse("c", "three")] },
        {
          role: "user",
          content: [
            toolResult("b", "B"),
            toolResult("a", [{ type: "text", text: '{"n":1}' }]),
            { type: "text", text: "So?" }
          ]
        }
      ])
    )
    assert.deepStrictEqual(contents[2].parts, [
      { functionResponse: { id: "a", name: "one", response: { output: '{"n":1}' } } },
      { functionResponse: { id: "b", name: "two", response: { output: "B" } } },
      { functionResponse: { id: "c", name: "three", response: {} } },
      { text: "So?" }
    ])
  })

  it("tells that a tool failed", () => {
    const { contents } = sent(
      pair,
      claudeAsk([
        question,
        { role: "assistant", content: [toolUse("a", "one")] },
        { role: "user", content: [toolResult("a", "no", { is_error: true })] }
      ])
    )
    assert.deepStrictEqual(contents[2].parts[0].functionResponse.response, { error: "no" })
  })

  it("has images of results inside of them for models that read them there, and beside them for others", () => {
    const image = { type: "image", source: { type: "base64", media_type: "image/png", data: "AA==" } }
    const asked = claudeAsk([
      question,
      { role: "assistant", content: [toolUse("a", "one")] },
      { role: "user", content: [toolResult("a", [image])] }
    ])
    const inline = { inlineData: { mimeType: "image/png", data: "AA==" } }
    assert.deepStrictEqual(sent(pair, asked).contents[2].parts[0].functionResponse.parts, [inline])
    assert.deepStrictEqual(sent(older, asked).contents[2].parts.at(-1), inline)
  })

  it("shows Gemini no signature of Claude's, and gives a call of another model the documented stand-in", () => {
    const content = [{ type: "thinking", thinking: "Hm.", signature: "Y2xhdWRl" }, toolUse("a", "one")]
    const asked = claudeAsk([
      question,
      { role: "assistant", content },
      { role: "user", content: [toolResult("a", "A")] }
    ])
    const { contents } = sent(pair, asked)
    assert.notInclude(JSON.stringify(contents), "Y2xhdWRl")
    assert.deepStrictEqual(contents[1].parts[0], { text: "Hm.", thought: true })
    assert.strictEqual(contents[1].parts[1].thoughtSignature, "skip_thought_signature_validator")
    assert.notProperty(sent(older, asked).contents[1].parts[1], "thoughtSignature")
  })

  it("has names and schemas that Gemini takes, and the client's names in the answer", () => {
    const schema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: { at: { type: "string", format: "uri", minLength: 1 }, n: { type: ["integer", "null"] } },
      required: ["at", "gone"],
      additionalProperties: false
    }
    const asked = claudeAsk([question], { tools: [tool("mcp/files read", schema)] })
    const [declared] = sent(pair, asked).tools[0].functionDeclarations
    assert.match(declared.name, /^[a-zA-Z_][a-zA-Z0-9_.:-]*$/)
    assert.deepStrictEqual(declared.parametersJsonSchema.required, ["at"])
    for (const gone of ["$schema", "additionalProperties"]) assert.notProperty(declared.parametersJsonSchema, gone)
    const answer = gemini([{ functionCall: { name: declared.name, args: { at: "." } } }], "STOP")
    assert.strictEqual(answered(pair, answer, asked).content[0].name, "mcp/files read")
  })

  it("loses an unanswered call, or the beginning of an answer, at its end", () => {
    for (const content of [[toolUse("a", "one")], "It is"]) {
      assert.deepStrictEqual(sent(pair, claudeAsk([question, { role: "assistant", content }])).contents, [
        { role: "user", parts: [{ text: "What is there?" }] }
      ])
    }
  })

  it("has the instructions of the head, without the line for Anthropic's accounts", () => {
    const system = [
      { type: "text", text: "x-anthropic-billing-header: cc_version=2; cch=1a2b3;" },
      { type: "text", text: "S" }
    ]
    assert.deepStrictEqual(sent(pair, claudeAsk([question], { system })).systemInstruction, { parts: [{ text: "S" }] })
  })
})

describe("an answer of Gemini for a Claude client", () => {
  const thought = { text: "Hm.", thought: true }

  it("has the signature of a thought on the thought, and no empty text beside it", () => {
    const usageMetadata = { promptTokenCount: 10, thoughtsTokenCount: 2, totalTokenCount: 12 }
    const { blocks, stop, usage } = seenByClaude(
      streamed(pair, [gemini([thought]), gemini([{ text: "", thoughtSignature: "c2ln" }], "STOP", { usageMetadata })])
    )
    assert.strictEqual(blocks.length, 1)
    assert.strictEqual(blocks[0].thinking, "Hm.")
    assert.notStrictEqual(blocks[0].signature, "")
    assert.notInclude(blocks[0].signature, "c2ln")
    assert.deepStrictEqual([stop, usage.input_tokens, usage.output_tokens], ["end_turn", 10, 2])
  })

  it("carries a signature behind a text, and gives it back to Gemini with what follows", () => {
    const call = { functionCall: { name: "one", args: {} } }
    const answer = gemini([thought, { text: "So." }, { text: "", thoughtSignature: "c2ln" }, call], "STOP")
    const { content } = answered(pair, answer)
    assert.deepStrictEqual(
      content.map(({ type }: Wire) => type),
      ["thinking", "text", "thinking", "tool_use"]
    )
    const { blocks } = seenByClaude(streamed(pair, [answer]))
    assert.deepStrictEqual(blocks.slice(0, 3), content.slice(0, 3))
    const results = { role: "user", content: [toolResult(content.at(-1).id, "A")] }
    const back = sent(pair, claudeAsk([question, { role: "assistant", content }, results])).contents[1].parts
    assert.deepInclude(back.at(-1), { thoughtSignature: "c2ln" })
  })

  it("ends with the text that Gemini signed: clients show the last block", () => {
    for (const signed of [
      [{ text: "So.", thoughtSignature: "c2ln" }],
      [{ text: "So." }, { text: "", thoughtSignature: "c2ln" }]
    ]) {
      const answer = gemini([thought, ...signed], "STOP")
      const { content } = answered(pair, answer)
      assert.deepStrictEqual(content, [
        { type: "thinking", thinking: "Hm.", signature: "" },
        { type: "text", text: "So." }
      ])
      assert.deepStrictEqual(seenByClaude(streamed(pair, [answer])).blocks, content)
    }
  })

  it("carries the signature of a call to the client and back", () => {
    const { content } = answered(
      pair,
      gemini([{ functionCall: { name: "one", args: {} }, thoughtSignature: "c2ln" }], "STOP")
    )
    const call = content.at(-1)
    const back = sent(
      pair,
      claudeAsk([question, { role: "assistant", content }, { role: "user", content: [toolResult(call.id, "A")] }])
    )
    assert.strictEqual(back.contents[1].parts[0].thoughtSignature, "c2ln")
  })

  it("says that it waits for tools when there is a call, whatever the finish reason", () => {
    const call = gemini([{ functionCall: { name: "one", args: { n: 1 } } }], "STOP")
    assert.strictEqual(answered(pair, call).stop_reason, "tool_use")
    const { blocks, stop } = seenByClaude(streamed(pair, [call, DONE]))
    assert.deepStrictEqual([blocks[0].name, blocks[0].input, stop], ["one", { n: 1 }, "tool_use"])
  })

  for (const [reason, stop] of [
    ["MAX_TOKENS", "max_tokens"],
    ["SAFETY", "refusal"],
    ["RECITATION", "refusal"],
    ["SPII", "refusal"],
    ["OTHER", "end_turn"],
    ["A_NEW_ONE", "end_turn"]
  ] as const) {
    it(`stops for ${reason} as ${stop}, streamed and whole`, () => {
      assert.strictEqual(answered(pair, gemini([{ text: "x" }], reason)).stop_reason, stop)
      assert.strictEqual(seenByClaude(streamed(pair, [gemini([{ text: "x" }], reason)])).stop, stop)
    })
  }

  it("to a prompt that was blocked is a refusal without content", () => {
    const blocked = { promptFeedback: { blockReason: "PROHIBITED_CONTENT" }, usageMetadata: { promptTokenCount: 5 } }
    assert.deepStrictEqual([answered(pair, blocked).content, answered(pair, blocked).stop_reason], [[], "refusal"])
    const { blocks, stop, usage } = seenByClaude(streamed(pair, [blocked]))
    assert.deepStrictEqual([blocks, stop, usage.input_tokens], [[], "refusal", 5])
  })

  it("is an error when the model failed to write down a call: never an empty turn, or half of one", () => {
    const usageMetadata = { promptTokenCount: 5, thoughtsTokenCount: 90, totalTokenCount: 95 }
    const failed = {
      candidates: [
        { finishReason: "MALFORMED_FUNCTION_CALL", finishMessage: "Malformed function call: print(1)", index: 0 }
      ],
      usageMetadata
    }
    const thoughtful = gemini([thought], "MALFORMED_FUNCTION_CALL", { usageMetadata })
    const announced = gemini([thought, { text: "I look." }], "MALFORMED_FUNCTION_CALL", { usageMetadata })
    for (const answer of [failed, thoughtful, announced]) {
      const { fault } = streamed(pair, [answer])
      if (fault?.kind !== "error") return assert.fail("no error in the stream")
      assert.deepStrictEqual([fault.error.status, fault.error.code], [502, "MALFORMED_FUNCTION_CALL"])
      assert.strictEqual(answered(pair, answer).fault.error.code, "MALFORMED_FUNCTION_CALL")
    }
    assert.include(answered(pair, failed).fault.error.message, "print(1)")
  })

  it("keeps the calls before one that failed", () => {
    const call = { functionCall: { name: "one", args: { n: 1 } } }
    const { blocks, stop } = seenByClaude(streamed(pair, [gemini([call]), gemini([], "MALFORMED_FUNCTION_CALL")]))
    assert.deepStrictEqual([blocks[0].name, blocks[0].input, stop], ["one", { n: 1 }, "tool_use"])
    assert.strictEqual(answered(pair, gemini([call], "MALFORMED_FUNCTION_CALL")).stop_reason, "tool_use")
  })

  it("may be interrupted by an error, or by nothing", () => {
    const error = { error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" } }
    const { fault } = streamed(pair, [gemini([{ text: "H" }]), error])
    if (fault?.kind !== "error") return assert.fail("no error")
    assert.deepStrictEqual([fault.error.status, fault.error.type], [503, "UNAVAILABLE"])
    assert.deepStrictEqual(streamed(pair, [gemini([{ text: "H" }])]).fault, { kind: "cut" })
  })

  it("may be interrupted by an error that is no event, as Google's servers write it", () => {
    const error = { error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" } }
    const begun = `data: ${JSON.stringify(gemini([{ text: "H" }]))}\r\n\r\n`
    for (const text of [JSON.stringify(error, null, 2), `${JSON.stringify(error)}\n`]) {
      const { fault } = passed(pair, [Buffer.from(begun + text)])
      if (fault?.kind !== "error") return assert.fail("no error")
      assert.deepStrictEqual([fault.error.status, fault.error.message], [503, "The model is overloaded."])
    }
    assert.deepStrictEqual(passed(pair, [Buffer.from(`${begun}{"error":`)]).fault, { kind: "cut" })
  })
})
