import { assert, describe, it } from "vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import { openaiResponsesClient } from "../../../src/codecs/openai-responses/codec.ts"
import { answerCases } from "./corpus.ts"
import { contextOf } from "./translation-context.ts"

/** Fields that the official types want of every response. */
const REQUIRED =
  "id access_programs created_at error incomplete_details instructions metadata model object output parallel_tool_calls temperature tool_choice tools top_p status usage".split(
    " "
  )

describe("An answer of the Responses API", () => {
  for (const [name, { request, canonical, response }] of answerCases) {
    it(`is written as the corpus says: ${name.replaceAll("-", " ")}`, () => {
      const written = openaiResponsesClient.encodeResponse(canonical, contextOf(request))
      assert.deepStrictEqual(written, response)
      assert.containsAllKeys(written, REQUIRED)
    })
  }

  it("passes on arguments that are no JSON as they are", () => {
    const call = { type: "tool_call", id: "a", name: "patch", arguments: "not JSON" } as const
    const response = { id: "", model: "m", choices: [{ parts: [call], stopReason: "tool_calls" }] } as const
    const writtenWith = (tool: JsonObject): JsonObject =>
      openaiResponsesClient.encodeResponse(response, contextOf({ input: "x", tools: [tool] }))
    assert.nestedInclude(writtenWith({ type: "custom", name: "patch" }), { "output[0].input": "not JSON" })
    assert.nestedInclude(writtenWith({ type: "function", name: "patch" }), { "output[0].arguments": "not JSON" })
  })
})

describe("Around the answers of the Responses API", () => {
  it("a count of tokens is what `POST /v1/responses/input_tokens` answers", () => {
    assert.deepStrictEqual(openaiResponsesClient.encodeTokenCount({ inputTokens: 42 }), {
      object: "response.input_tokens",
      input_tokens: 42
    })
  })

  it("an error is OpenAI's", () => {
    const error = { status: 404, message: "No such model.", type: null, code: null, param: "model" }
    assert.deepStrictEqual(openaiResponsesClient.encodeError(error), {
      error: { message: "No such model.", type: "invalid_request_error", param: "model", code: "model_not_found" }
    })
  })

  it("models are OpenAI's", () => {
    const model = { id: "fast", ownedBy: "claude", created: 5 }
    const object = { id: "fast", object: "model", created: 5, owned_by: "claude" }
    assert.deepStrictEqual(openaiResponsesClient.encodeModel(model), object)
    assert.deepStrictEqual(openaiResponsesClient.encodeModels([model]), { object: "list", data: [object] })
  })
})
