import { assert, describe, it } from "@effect/vitest"

import { fitHistory } from "../../../src/codecs/openai-chat/fit-history.ts"
import { carrySignature } from "../../../src/codecs/signature-carrier.ts"

const question = { role: "user", content: "What is in the file?" }
const call = { id: "c1", type: "function", function: { name: "read", arguments: "{}" } }
const result = { role: "tool", tool_call_id: "c1", content: "nothing" }
const foreign = carrySignature({ issuer: "claude", value: "c2lnbmVk" }, "openai")
const signedCall = { ...call, extra_content: { google: { thought_signature: "R2VtaW5p" } } }
const own = { type: "reasoning.text", text: "Hm", signature: "own" }

const body = (assistant: object) => ({
  model: "alias",
  messages: [question, { role: "assistant", content: null, tool_calls: [call], ...assistant }, result]
})

describe("a conversation that goes to a server like OpenAI again", () => {
  it("is the same object when nobody else has spoken in it", () => {
    const plain = body({})
    assert.strictEqual(fitHistory(plain, "gpt-5"), plain)
    const thoughtful = body({ reasoning_content: "Hm", reasoning_details: [own] })
    assert.strictEqual(fitHistory(thoughtful, "deepseek-reasoner"), thoughtful)
  })

  it("has its limit of tokens under the name that OpenAI's models that reason take", () => {
    const given = { ...body({}), max_tokens: 100 }
    assert.deepStrictEqual(fitHistory(given, "gpt-5.2"), { ...body({}), max_completion_tokens: 100 })
    assert.deepStrictEqual(fitHistory(given, "o4-mini"), { ...body({}), max_completion_tokens: 100 })
    for (const model of ["gpt-4.1", "gpt-5-chat-latest", "llama-3"]) assert.strictEqual(fitHistory(given, model), given)
  })

  it("has no thoughts and no signed calls for OpenAI's own models, which refuse them", () => {
    const given = body({ reasoning_content: "Hm", reasoning_details: [own], tool_calls: [signedCall] })
    assert.deepStrictEqual(fitHistory(given, "gpt-4.1"), body({}))
  })

  it("loses what others have signed, and keeps the rest, for all other servers", () => {
    const given = body({
      reasoning_content: "Hm",
      reasoning_details: [{ type: "reasoning.text", text: "Hm", signature: foreign }, own],
      tool_calls: [signedCall]
    })
    assert.deepStrictEqual(fitHistory(given, "llama-3"), body({ reasoning_content: "Hm", reasoning_details: [own] }))
  })

  it("has no citations of pages for servers that may not know them, and the annotations that those have made", () => {
    const page = { type: "url_citation", url_citation: { url: "https://example.com" } }
    const file = { type: "file", file: { hash: "a" } }
    const given = body({ annotations: [page, file] })
    assert.deepStrictEqual(fitHistory(given, "llama-3"), body({ annotations: [file] }))
    assert.deepStrictEqual(fitHistory(body({ annotations: [page] }), "mistral-large"), body({}))
    for (const untouched of [body({ annotations: [file] }), body({ annotations: [] })]) {
      assert.strictEqual(fitHistory(untouched, "llama-3"), untouched)
    }
    assert.strictEqual(fitHistory(given, "gpt-4.1"), given)
  })

  it("keeps Gemini's signatures of calls for Gemini's models", () => {
    const given = body({ tool_calls: [signedCall] })
    assert.strictEqual(fitHistory(given, "google/gemini-3-pro"), given)
  })
})
