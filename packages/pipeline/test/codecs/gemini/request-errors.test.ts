import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import type { JsonObject } from "../../../src/canonical/json.ts"
import { geminiClient } from "../../../src/codecs/gemini/codec.ts"

const target = { model: "m", stream: false }

const errorOf = (json: JsonObject, decode = geminiClient.decodeRequest) => {
  const result = decode(json, target)
  if (Result.isSuccess(result)) throw new Error("This request must be refused.")
  const { message, param, status } = result.failure
  assert.strictEqual(status, 400)
  assert.isTrue(message.includes(`\`${param}\``), message)
  return message
}

const part = (value: unknown): JsonObject => ({ contents: [{ role: "user", parts: [{ text: "Hi" }, value] }] })
const config = (generationConfig: unknown): JsonObject => ({ contents: "Hi", generationConfig })

describe("a request that is refused", () => {
  const cases: ReadonlyArray<readonly [JsonObject, string]> = [
    [{}, "`contents` is required."],
    [{ contents: 5 }, "`contents` must be an array, not a number."],
    [{ contents: [5] }, "`contents[0]` must be an object, not a number."],
    [{ contents: [{ role: 1, parts: [] }] }, "`contents[0].role` must be a string, not a number."],
    [{ contents: [{ role: "robot", parts: [] }] }, "`contents[0].role` must be `user` or `model`."],
    [{ contents: [{ role: "user", parts: 1 }] }, "`contents[0].parts` must be an array, not a number."],
    [part(null), "`contents[0].parts[1]` must be an object, not null."],
    [part({ text: 1 }), "`contents[0].parts[1].text` must be a string, not a number."],
    [part({ text: "x", thought: "yes" }), "`contents[0].parts[1].thought` must be a boolean, not a string."],
    [part({ inlineData: "x" }), "`contents[0].parts[1].inlineData` must be an object, not a string."],
    [part({ inline_data: { data: "x" } }), "`contents[0].parts[1].inlineData.mimeType` is required."],
    [part({ inlineData: { mimeType: "image/png" } }), "`contents[0].parts[1].inlineData.data` is required."],
    [part({ fileData: {} }), "`contents[0].parts[1].fileData.fileUri` is required."],
    [part({ functionCall: {} }), "`contents[0].parts[1].functionCall.name` is required."],
    [
      part({ functionCall: { name: "f", args: "x" } }),
      "`contents[0].parts[1].functionCall.args` must be an object, not a string."
    ],
    [
      part({ functionResponse: { name: "f", response: "x" } }),
      "`contents[0].parts[1].functionResponse.response` must be an object, not a string."
    ],
    [
      part({ functionResponse: { name: "f", parts: [{}] } }),
      "`contents[0].parts[1].functionResponse.parts[0]` must have `inlineData` or `fileData`."
    ],
    [
      { contents: "Hi", systemInstruction: { parts: [{ text: {} }] } },
      "`systemInstruction.parts[0].text` must be a string, not an object."
    ],
    [{ contents: "Hi", tools: "x" }, "`tools` must be an array, not a string."],
    [{ contents: "Hi", tools: [1] }, "`tools[0]` must be an object, not a number."],
    [
      { contents: "Hi", tools: [{ functionDeclarations: [{}] }] },
      "`tools[0].functionDeclarations[0].name` is required."
    ],
    [
      { contents: "Hi", tools: [{ functionDeclarations: [{ name: "f", parameters: [] }] }] },
      "`tools[0].functionDeclarations[0].parameters` must be an object, not an array."
    ],
    [
      { contents: "Hi", toolConfig: { functionCallingConfig: { mode: 1 } } },
      "`toolConfig.functionCallingConfig.mode` must be a string, not a number."
    ],
    [config([]), "`generationConfig` must be an object, not an array."],
    [config({ temperature: "hot" }), "`generationConfig.temperature` must be a number, not a string."],
    [config({ max_output_tokens: {} }), "`generationConfig.maxOutputTokens` must be a number, not an object."],
    [config({ stopSequences: [1] }), "`generationConfig.stopSequences[0]` must be a string, not a number."],
    [
      config({ thinkingConfig: { thinkingBudget: true } }),
      "`generationConfig.thinkingConfig.thinkingBudget` must be a number, not a boolean."
    ],
    [config({ responseSchema: 1 }), "`generationConfig.responseSchema` must be an object, not a number."]
  ]
  for (const [json, message] of cases) {
    it(`says: ${message}`, () => {
      assert.strictEqual(errorOf(json), message)
    })
  }

  it("is told by the same paths when its tokens are to be counted", () => {
    const { decodeCountRequest } = geminiClient
    assert.strictEqual(
      errorOf({ generateContentRequest: { contents: 1 } }, decodeCountRequest),
      "`contents` must be an array, not a number."
    )
    assert.strictEqual(errorOf({}, decodeCountRequest), "`contents` is required.")
    assert.strictEqual(
      errorOf({ generateContentRequest: 1 }, decodeCountRequest),
      "`generateContentRequest` must be an object, not a number."
    )
  })
})
