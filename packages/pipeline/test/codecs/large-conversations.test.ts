import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import type { JsonObject } from "../../src/canonical/json.ts"
import type { Message } from "../../src/canonical/message.ts"
import type { Part } from "../../src/canonical/part.ts"
import type { ProviderCodec } from "../../src/codecs/codec.ts"
import { argumentsObject } from "../../src/codecs/tool-arguments.ts"
import { clientCodecs, providerCodecs } from "../../src/translate/codecs.ts"
import { EMPTY_REQUEST, makeTranslationContext } from "../../src/translate/translation-context.ts"

// What a client can say in a few megabytes. Work that grows with the square of the first would take minutes, and the
// second is more than a call can take as arguments.
const MANY = 200_000
const TOO_MANY_TO_SPREAD = 150_000

const read = (protocol: keyof typeof clientCodecs, json: JsonObject): ReadonlyArray<Message> =>
  Result.getOrThrow(clientCodecs[protocol].decodeRequest(json, { model: "m", stream: false })).messages

const written = (codec: ProviderCodec, messages: ReadonlyArray<Message>, model = "m"): JsonObject => {
  const request = { ...EMPTY_REQUEST, messages }
  return codec.encodeRequest(request, makeTranslationContext(request, model, 0))
}

const list = (value: unknown): ReadonlyArray<JsonObject> => value as ReadonlyArray<JsonObject>

const many = <A>(make: (index: number) => A, length = MANY): ReadonlyArray<A> =>
  Array.from({ length }, (_, index) => make(index))

const user: Message = { role: "user", parts: [{ type: "text", text: "Hi" }] }
const call = (id: string): Part => ({ type: "tool_call", id, name: "f", arguments: {} })

describe("a conversation of some megabytes", { timeout: 60_000 }, () => {
  it("whose calls all have one ID gets an ID of its own for each at Claude", () => {
    const { messages } = written(providerCodecs.claude, [user, { role: "assistant", parts: many(() => call("a")) }])
    const ids = list(list(messages)[1]?.["content"]).map(({ id }) => id)
    assert.deepStrictEqual([ids[0], ids[1], ids.at(-1)], ["a", "a_2", `a_${MANY}`])
  })

  it("whose messages are all of the model becomes one turn in chat completions", () => {
    const turns = many((index): Message => ({ role: "assistant", parts: [call(`a${index}`)] }))
    const { messages } = written(providerCodecs.openai, [user, ...turns])
    assert.strictEqual(list(list(messages)[1]?.["tool_calls"]).length, MANY)
  })

  it("whose results are one content each is read as one message from Gemini's clients", () => {
    const contents = many((index) => ({
      role: "user",
      parts: [{ functionResponse: { name: "f", id: `a${index}`, response: {} } }]
    }))
    assert.deepStrictEqual(
      read("gemini", { contents }).map(({ parts, role }) => [role, parts.length]),
      [["tool", MANY]]
    )
  })

  it("whose calls are one content each is read as one turn from Gemini's clients", () => {
    const contents = many((index) => ({ role: "model", parts: [{ functionCall: { name: "f", id: `a${index}` } }] }))
    assert.deepStrictEqual(
      read("gemini", { contents }).map(({ parts, role }) => [role, parts.length]),
      [["assistant", MANY]]
    )
  })

  it("in one message is read and written in every protocol", () => {
    const text = { type: "text", text: "a" }
    const parts = many(() => text, TOO_MANY_TO_SPREAD)
    for (const role of ["user", "assistant"]) {
      const messages = [
        ...read("openai-response", { input: [{ role, content: parts }] }),
        ...read("openai", { messages: [{ role, content: parts }] }),
        ...read("claude", { max_tokens: 1, messages: [{ role, content: parts }] }),
        ...read("gemini", {
          contents: [{ role: role === "user" ? role : "model", parts: many(() => ({ text: "a" }), TOO_MANY_TO_SPREAD) }]
        })
      ]
      assert.deepStrictEqual(
        messages.map((message) => message.role),
        [role, role, role, role]
      )
      for (const codec of Object.values(providerCodecs)) {
        assert.isAbove(JSON.stringify(written(codec, messages)).length, TOO_MANY_TO_SPREAD, codec.protocol)
      }
    }
  })

  it("whose results stand in one message is read from Claude's blocks in chat completions", () => {
    const content = many(
      (index) => ({ type: "tool_result", tool_use_id: `a${index}`, content: "b" }),
      TOO_MANY_TO_SPREAD
    )
    assert.strictEqual(read("openai", { messages: [{ role: "user", content }] })[0]?.parts.length, TOO_MANY_TO_SPREAD)
  })

  it("whose answer has very many calls of one ID is read from chat completions", () => {
    const call = { id: "a", type: "function", function: { name: "f", arguments: "{}" } }
    const json = { choices: [{ index: 0, message: { tool_calls: many(() => call) }, finish_reason: "tool_calls" }] }
    const response = providerCodecs.openai.decodeResponse(json, makeTranslationContext(EMPTY_REQUEST, "m", 0))
    const ids = response.choices[0]?.parts.map((part) => (part.type === "tool_call" ? part.id : "")) ?? []
    assert.deepStrictEqual([ids.length, ids[0], ids[1], new Set(ids).size], [MANY, "a", "a_1", MANY])
  })

  it("whose arguments are nested without end is not closed bracket by bracket", () => {
    const text = `{"a":${"[".repeat(MANY)}${"[],".repeat(MANY)}`
    assert.property(argumentsObject(text), "a")
  })
})
