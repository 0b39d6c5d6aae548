import { assert, describe, it } from "@effect/vitest"

import { answered, type Pair, sent, streamed, type Wire } from "./exchange.ts"
import { seenByChat } from "./seen.ts"
import { chatCall, chatTool, DONE, gemini } from "./wire.ts"

const pair: Pair = { client: "openai", provider: "gemini", model: "gemini-2.5-pro" }
const third: Pair = { ...pair, model: "gemini-3-pro-preview" }
const question = { role: "user", content: "What is there?" }
const called = { role: "assistant", content: null, tool_calls: [chatCall("a", "look", '{"n":1}')] }
const contents = (...messages: ReadonlyArray<object>) => sent(pair, { messages }).contents
const user = (...content: ReadonlyArray<object>) => contents({ role: "user", content })[0].parts
const hi = gemini([{ text: "Hi" }], "STOP")

describe("a request of a chat client for Gemini", () => {
  it("loses the beginning of an answer, which Gemini does not go on with", () => {
    assert.deepStrictEqual(contents(question, { role: "assistant", content: "There is" }), [
      { role: "user", parts: [{ text: "What is there?" }] }
    ])
  })

  it("asks for JSON by a schema, without the keywords that Gemini does not read", () => {
    const schema = {
      type: "object",
      properties: { x: { type: "string" } },
      required: ["x"],
      additionalProperties: false
    }
    const format = { type: "json_schema", json_schema: { name: "r", strict: true, schema } }
    const { generationConfig: config } = sent(pair, { messages: [question], response_format: format })
    assert.strictEqual(config.responseMimeType, "application/json")
    assert.deepStrictEqual(config.responseJsonSchema, {
      type: "object",
      properties: { x: { type: "string" } },
      required: ["x"]
    })
    assert.notProperty(config, "responseSchema")
  })

  it("asks for any JSON without a schema", () => {
    const { generationConfig: config } = sent(pair, { messages: [question], response_format: { type: "json_object" } })
    assert.deepStrictEqual(config, { responseMimeType: "application/json" })
  })

  it("has audio, video, images and files as what they are", () => {
    assert.deepStrictEqual(
      user(
        { type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } },
        { type: "video_url", video_url: { url: "https://example.com/a.mp4" } },
        { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
        { type: "image_url", image_url: "https://example.com/a.png" },
        { type: "file", file: { filename: "a.txt", file_data: "data:text/plain;base64,SGVsbG8=" } },
        { type: "file", file: { filename: "a.pdf", file_data: "JVBERi0=" } }
      ),
      [
        { inlineData: { mimeType: "audio/wav", data: "UklGRg==" } },
        { fileData: { mimeType: "video/mp4", fileUri: "https://example.com/a.mp4" } },
        { inlineData: { mimeType: "image/png", data: "AA==" } },
        { fileData: { mimeType: "image/png", fileUri: "https://example.com/a.png" } },
        { inlineData: { mimeType: "text/plain", data: "SGVsbG8=" } },
        { inlineData: { mimeType: "application/pdf", data: "JVBERi0=" } }
      ]
    )
  })

  it("requires only arguments that there are, in schemas within schemas too", () => {
    const inner = { type: "object", properties: { b: { type: "string" } }, required: ["b", "stale"] }
    const schema = { type: "object", title: "T", properties: { a: inner }, required: ["a", "gone"] }
    const [declared] = sent(pair, { messages: [question], tools: [chatTool("look", schema)] }).tools[0]
      .functionDeclarations
    assert.deepStrictEqual(declared.parametersJsonSchema.required, ["a"])
    assert.deepStrictEqual(declared.parametersJsonSchema.properties.a.required, ["b"])
  })

  it("has a thought before the text and the call that it led to", () => {
    const turn = { ...called, content: "Looking.", reasoning_content: "Hm." }
    const [, { parts }] = contents(question, turn, { role: "tool", tool_call_id: "a", content: "ok" })
    assert.deepStrictEqual(
      parts.map(({ functionCall, text, thought }: Wire) =>
        thought === true ? "thought" : (text ?? functionCall.name)
      ),
      ["thought", "Looking.", "look"]
    )
  })

  it("groups the answers of parallel calls, in the order of the calls", () => {
    const two = { ...called, tool_calls: [chatCall("a", "look"), chatCall("b", "listen")] }
    const [, , { parts }] = contents(
      question,
      two,
      { role: "tool", tool_call_id: "b", content: "B" },
      { role: "tool", tool_call_id: "a", content: "A" }
    )
    assert.deepStrictEqual(parts, [
      { functionResponse: { id: "a", name: "look", response: { output: "A" } } },
      { functionResponse: { id: "b", name: "listen", response: { output: "B" } } }
    ])
  })

  it("has a response for every call, an empty one where the client gave none", () => {
    const [, , { parts }] = contents(question, called, question)
    assert.deepStrictEqual(parts[0], { functionResponse: { id: "a", name: "look", response: {} } })
  })

  it("of instructions alone is the user's", () => {
    const body = sent(pair, { messages: [{ role: "system", content: "S" }] })
    assert.deepStrictEqual(body.contents, [{ role: "user", parts: [{ text: "S" }] }])
    assert.notProperty(body, "systemInstruction")
  })

  it("writes limits, sequences and the number of answers in Gemini's words", () => {
    const { generationConfig: config } = sent(pair, {
      messages: [question],
      max_tokens: 123,
      stop: "END",
      n: 2,
      temperature: 0.3,
      top_p: 0.8,
      seed: 7
    })
    assert.deepStrictEqual(config, {
      candidateCount: 2,
      maxOutputTokens: 123,
      temperature: 0.3,
      topP: 0.8,
      seed: 7,
      stopSequences: ["END"]
    })
  })

  for (const [choice, expected] of [
    ["required", { mode: "ANY" }],
    ["none", { mode: "NONE" }],
    [
      { type: "function", function: { name: "look" } },
      { mode: "ANY", allowedFunctionNames: ["look"] }
    ]
  ] as const) {
    it(`writes the choice ${JSON.stringify(choice)} as ${expected.mode}`, () => {
      const body = sent(pair, { messages: [question], tools: [chatTool("look")], tool_choice: choice })
      assert.deepStrictEqual(body.toolConfig.functionCallingConfig, expected)
    })
  }

  it("asks for effort in the words of the model's generation", () => {
    const asked = { messages: [question], reasoning_effort: "high" }
    assert.strictEqual(sent(third, asked).generationConfig.thinkingConfig.thinkingLevel, "high")
    assert.isAbove(sent(pair, asked).generationConfig.thinkingConfig.thinkingBudget, 0)
  })
})

const count = (output: number) => ({
  usageMetadata: { promptTokenCount: 1, candidatesTokenCount: output, totalTokenCount: 1 + output }
})

const candidate = (index: number, text: string, finishReason: string) => ({
  index,
  finishReason,
  content: { parts: [{ text }] }
})

const call = (n: number) => ({ functionCall: { name: "look", args: { n } } })

describe("an answer of Gemini for a chat client", () => {
  it("has the role once, and its finish reason last, though each chunk of the provider's has one", () => {
    const seen = seenByChat(
      streamed(pair, [gemini([{ text: "H" }], "STOP", count(1)), gemini([{ text: "i" }], "STOP", count(2)), DONE])
    )
    assert.deepStrictEqual([seen.content, seen.finish, seen.usage.completion_tokens], ["Hi", "stop", 2])
  })

  it("may begin with chunks without candidates, and end with one without content", () => {
    const { content, finish } = seenByChat(
      streamed(pair, [
        { candidates: [], modelVersion: "g" },
        gemini([{ text: "Hi" }]),
        { candidates: [{ finishReason: "STOP", index: 0 }] }
      ])
    )
    assert.deepStrictEqual([content, finish], ["Hi", "stop"])
  })

  it("may come as lists, or in the envelope of Google's Code Assist endpoints", () => {
    assert.strictEqual(seenByChat(streamed(pair, [JSON.stringify([hi])])).content, "Hi")
    assert.strictEqual(seenByChat(streamed(pair, [{ response: hi, traceId: "t" }])).content, "Hi")
    assert.strictEqual(answered(pair, { response: hi, traceId: "t" }).choices[0].message.content, "Hi")
  })

  const usages: ReadonlyArray<readonly [object, number, number, number | undefined]> = [
    [{ promptTokenCount: 100, candidatesTokenCount: 5, cachedContentTokenCount: 80 }, 100, 5, 80],
    [{ promptTokenCount: 100, candidatesTokenCount: 5, cachedContentTokenCount: 0 }, 100, 5, 0],
    [{ promptTokenCount: 100, candidatesTokenCount: 5, cachedContentTokenCount: null }, 100, 5, undefined],
    [{ promptTokenCount: 100, totalTokenCount: 100 }, 100, 0, undefined],
    [{ promptTokenCount: 100, candidatesTokenCount: 5, thoughtsTokenCount: 7 }, 100, 12, undefined],
    [{ promptTokenCount: 60, toolUsePromptTokenCount: 40, candidatesTokenCount: 5 }, 100, 5, undefined]
  ]
  for (const [usageMetadata, prompt, output, cached] of usages) {
    it(`counts ${JSON.stringify(usageMetadata)}, streamed and whole`, () => {
      const answer = gemini([{ text: "Hi" }], "STOP", { usageMetadata })
      for (const usage of [answered(pair, answer).usage, seenByChat(streamed(pair, [answer])).usage]) {
        assert.deepStrictEqual(
          [usage.prompt_tokens, usage.completion_tokens, usage.prompt_tokens_details?.cached_tokens],
          [prompt, output, cached]
        )
        assert.strictEqual(usage.total_tokens, prompt + output)
      }
    })
  }

  it("has each candidate's own finish reason", () => {
    const answer = { candidates: [candidate(0, "a", "STOP"), candidate(1, "b", "MAX_TOKENS")] }
    const { choices } = answered(pair, answer)
    assert.deepStrictEqual(
      choices.map(({ finish_reason: finish, index, message }: Wire) => [index, message.content, finish]),
      [
        [0, "a", "stop"],
        [1, "b", "length"]
      ]
    )
    const finishes = streamed(pair, [answer]).events.flatMap(({ choices: [choice] = [] }) =>
      choice?.finish_reason ? [[choice.index, choice.finish_reason]] : []
    )
    assert.deepStrictEqual(finishes, [
      [0, "stop"],
      [1, "length"]
    ])
  })

  it("gives parallel calls of one name IDs of their own", () => {
    const { calls, finish } = seenByChat(streamed(pair, [gemini([call(1), call(2)], "STOP")]))
    assert.deepStrictEqual([calls[0].arguments, calls[1].arguments, finish], ['{"n":1}', '{"n":2}', "tool_calls"])
    assert.notStrictEqual(calls[0].id, calls[1].id)
  })

  it("shows images that the model made, streamed and whole", () => {
    const answer = gemini([{ text: "Here:" }, { inlineData: { mimeType: "image/png", data: "AA==" } }], "STOP")
    const image = { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } }
    assert.deepStrictEqual(answered(pair, answer).choices[0].message.images, [image])
    const shown = streamed(pair, [answer]).events.flatMap(({ choices: [choice] = [] }) => choice?.delta?.images ?? [])
    assert.deepStrictEqual(shown, [image])
  })

  it("with status 200 may be an error, in a list too", () => {
    const body = { error: { code: 429, message: "Quota exceeded.", status: "RESOURCE_EXHAUSTED" } }
    for (const answer of [body, [body]]) {
      const { fault } = answered(pair, answer as never)
      assert.deepStrictEqual([fault.error.status, fault.error.message], [429, "Quota exceeded."])
    }
  })
})
