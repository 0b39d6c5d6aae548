import { assert, describe, it } from "@effect/vitest"

import { answered, type Pair, sent, streamed, type Wire } from "./exchange.ts"
import { seenByGemini } from "./seen.ts"
import { callChunk, chatCall, chunk, completion, DONE } from "./wire.ts"

const pair: Pair = { client: "gemini", provider: "openai", model: "served-model" }
const question = { role: "user", parts: [{ text: "What is there?" }] }
const call = (name: string, args: object, id?: string) => ({ functionCall: { name, args, ...(id && { id }) } })
const response = (name: string, result: string, id?: string) => ({
  functionResponse: { name, response: { result }, ...(id && { id }) }
})
const model = (...parts: ReadonlyArray<object>) => ({ role: "model", parts })
const user = (...parts: ReadonlyArray<object>) => ({ role: "user", parts })
const messages = (...contents: ReadonlyArray<object>) => sent(pair, { contents }).messages
const calls = (message: { tool_calls: ReadonlyArray<{ id: string; function: { arguments: string } }> }) =>
  message.tool_calls.map(({ id, function: { arguments: args } }) => [id, args])

const ask = () => messages(question, model(call("look", { n: 1 }), call("look", { n: 2 })), user(response("look", "1")))

describe("a request of a Gemini client for a server of chat completions", () => {
  it("matches responses without IDs to the calls of their name, first in, first out", () => {
    const [, turn, z, first, second] = messages(
      question,
      model(call("look", { n: 1 }), call("look", { n: 2 }), call("listen", {})),
      user(response("listen", "hush"), response("look", "one"), response("look", "two"))
    )
    const [one, two, three] = calls(turn)
    assert.deepStrictEqual([one?.[1], two?.[1]], ['{"n":1}', '{"n":2}'])
    assert.deepStrictEqual(
      [z, first, second],
      [
        { role: "tool", tool_call_id: three?.[0], content: "hush" },
        { role: "tool", tool_call_id: one?.[0], content: "one" },
        { role: "tool", tool_call_id: two?.[0], content: "two" }
      ]
    )
  })

  it("gives calls of one name in one turn IDs of their own, the same for the same conversation", () => {
    const [one, two] = calls(ask()[1])
    assert.notStrictEqual(one?.[0], two?.[0])
    assert.deepStrictEqual(ask(), ask())
  })

  it("keeps explicit IDs, in whatever order the responses come, and uses none twice", () => {
    const written = messages(
      question,
      model(call("look", { n: 1 }, "call_x"), call("look", { n: 2 }, "call_y"), call("look", { n: 3 })),
      user(response("look", "y", "call_y"), response("look", "x", "call_x"), response("look", "third"))
    )
    const ids = calls(written[1]).map(([id]) => id)
    assert.deepStrictEqual(ids.slice(0, 2), ["call_x", "call_y"])
    assert.strictEqual(new Set(ids).size, 3)
    assert.deepStrictEqual(
      written.slice(2).map(({ content, tool_call_id: id }: Record<string, unknown>) => [id, content]),
      [
        ["call_y", "y"],
        ["call_x", "x"],
        [ids[2], "third"]
      ]
    )
  })

  it("tells a response to no call in words, since OpenAI refuses it as a tool's", () => {
    const [first] = messages(user(response("look", "one")))
    assert.strictEqual(first.role, "user")
    assert.include(first.content, "one")
  })

  it("reads the ID where other gateways have it", () => {
    const named = { functionCall: { name: "look", call_id: "gw_1", args: {} } }
    const answer = { functionResponse: { name: "look", call_id: "gw_1", response: { output: "one" } } }
    const [, turn, result] = messages(question, model(named), user(answer))
    assert.deepStrictEqual([turn.tool_calls[0].id, result.tool_call_id], ["gw_1", "gw_1"])
  })

  it("joins contents of the model that follow one another", () => {
    const written = messages(question, model({ text: "Loo" }), model({ text: "king." }), model(call("look", {})))
    assert.strictEqual(written[1].content, "Looking.")
    assert.strictEqual(written[1].tool_calls.length, 1)
  })

  it("puts the system instruction first, by either of its names", () => {
    for (const name of ["systemInstruction", "system_instruction"]) {
      const body = sent(pair, { [name]: { parts: [{ text: "Be brief." }] }, contents: [question] })
      assert.deepStrictEqual(body.messages[0], { role: "system", content: "Be brief." })
    }
  })

  it("writes limits, sequences and budgets in OpenAI's words", () => {
    const generationConfig = { stopSequences: ["END"], maxOutputTokens: 99, thinkingConfig: { thinkingBudget: 2048 } }
    const body = sent(pair, { contents: [question], generationConfig })
    assert.deepStrictEqual([body.stop, body.max_tokens, body.reasoning_effort], [["END"], 99, "medium"])
  })

  it("demands the one function that is allowed", () => {
    const body = sent(pair, {
      contents: [question],
      tools: [
        {
          functionDeclarations: [
            { name: "look", parameters: { type: "OBJECT", properties: { at: { type: "STRING" } } } }
          ]
        }
      ],
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["look"] } }
    })
    assert.deepStrictEqual(body.tool_choice, { type: "function", function: { name: "look" } })
    assert.deepStrictEqual(body.tools[0].function.parameters, {
      type: "object",
      properties: { at: { type: "string" } }
    })
  })
})

const choice = (index: number, content: string) => ({
  index,
  message: { role: "assistant", content },
  finish_reason: "stop"
})

const delta = (index: number, content: string, finish: string | null) => ({
  index,
  delta: { content },
  finish_reason: finish
})

describe("an answer of a server of chat completions for a Gemini client", () => {
  it("has a candidate for each choice, with its index", () => {
    const { candidates } = answered(pair, { id: "x", choices: [choice(0, "first"), choice(1, "second")] })
    assert.deepStrictEqual(
      candidates.map(({ content, index }: Wire) => [index, content.parts[0].text]),
      [
        [0, "first"],
        [1, "second"]
      ]
    )
  })

  it("streams several candidates apart", () => {
    const { events } = streamed(pair, [
      { id: "x", choices: [delta(0, "first", null), delta(1, "second", null)] },
      { id: "x", choices: [delta(0, "", "stop"), delta(1, "", "length")] },
      DONE
    ])
    const texts = events.slice(0, -1).map(({ candidates: [{ content, index }] }) => [index, content.parts[0].text])
    assert.deepStrictEqual(texts, [
      [0, "first"],
      [1, "second"]
    ])
    assert.deepStrictEqual(
      events.at(-1).candidates.map(({ finishReason }: { finishReason: string }) => finishReason),
      ["STOP", "MAX_TOKENS"]
    )
  })

  const usage = {
    prompt_tokens: 10,
    completion_tokens: 7,
    total_tokens: 17,
    completion_tokens_details: { reasoning_tokens: 3 }
  }

  it("has the finish reason and the usage in its last chunk alone, and counts thoughts beside the text", () => {
    const seen = seenByGemini(
      streamed(pair, [
        chunk({ reasoning_content: "Hm." }),
        chunk({ content: "So" }),
        chunk({ content: "." }, "stop"),
        { ...chunk({}), choices: [], usage },
        DONE
      ])
    )
    assert.deepStrictEqual([seen.thought, seen.text, seen.finish], ["Hm.", "So.", "STOP"])
    const { candidatesTokenCount, promptTokenCount, thoughtsTokenCount, totalTokenCount } = seen.usage
    assert.deepStrictEqual(
      [promptTokenCount, candidatesTokenCount, thoughtsTokenCount, totalTokenCount],
      [10, 4, 3, 17]
    )
  })

  it("gives calls whole, with their IDs, the same streamed as not", () => {
    const whole = answered(
      pair,
      completion({ tool_calls: [chatCall("a", "look", '{"n":1}'), chatCall("b", "look", "")] }, "tool_calls")
    )
    const flow = seenByGemini(
      streamed(pair, [
        callChunk(
          { index: 0, id: "a", function: { name: "look", arguments: '{"n"' } },
          { index: 1, id: "b", function: { name: "look" } }
        ),
        callChunk({ index: 0, function: { arguments: ":1}" } }),
        chunk({}, "tool_calls"),
        DONE
      ])
    )
    assert.deepStrictEqual(flow.calls, [
      { id: "a", name: "look", args: { n: 1 } },
      { id: "b", name: "look", args: {} }
    ])
    assert.deepStrictEqual(
      whole.candidates[0].content.parts.map(({ functionCall }: { functionCall: unknown }) => functionCall),
      flow.calls
    )
    assert.strictEqual(flow.finish, "STOP")
  })

  it("is stopped for safety when it was filtered", () => {
    assert.strictEqual(
      answered(pair, completion({ content: "Ha" }, "content_filter")).candidates[0].finishReason,
      "SAFETY"
    )
  })
})
