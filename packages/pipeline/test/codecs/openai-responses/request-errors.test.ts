import { Result } from "effect"
import { assert, describe, it } from "vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import { openaiResponsesClient } from "../../../src/codecs/openai-responses/codec.ts"

const target = { model: "m", stream: false }

const failureOf = (request: JsonObject): { readonly param: string | null; readonly message: string } =>
  Result.match(openaiResponsesClient.decodeRequest(request, target), {
    onSuccess: () => assert.fail("the request was accepted"),
    onFailure: ({ param, message, status }) => {
      assert.strictEqual(status, 400)
      return { param, message }
    }
  })

const item = (value: unknown): JsonObject => ({ input: [{ role: "user", content: "x" }, value] })
const part = (value: unknown): JsonObject => ({ input: [{ role: "user", content: [value] }] })

/** A request, the field that is wrong with it, and how the sentence that begins with its name goes on. */
const cases: ReadonlyArray<readonly [JsonObject, string, string]> = [
  [{}, "input", "is required."],
  [{ input: 5 }, "input", "must be an array, not a number."],
  [{ input: null }, "input", "must be an array, not null."],
  [{ input: ["x"] }, "input[0]", "must be an object, not a string."],
  [item({ content: "x" }), "input[1].role", "is required."],
  [item({ role: "tool", content: "x" }), "input[1].role", "must be `user`, `assistant`, `system` or `developer`."],
  [item({ role: "user" }), "input[1].content", "is required."],
  [item({ role: "user", content: {} }), "input[1].content", "must be an array, not an object."],
  [item({ type: 5 }), "input[1].type", "must be a string, not a number."],
  [part("x"), "input[0].content[0]", "must be an object, not a string."],
  [part({}), "input[0].content[0].type", "is required."],
  [part({ type: "input_text" }), "input[0].content[0].text", "is required."],
  [part({ type: "refusal", refusal: 1 }), "input[0].content[0].refusal", "must be a string, not a number."],
  [part({ type: "input_image" }), "input[0].content[0].image_url", "is required when there is no `file_id`."],
  [
    part({ type: "input_image", image_url: "data:image/png" }),
    "input[0].content[0].image_url",
    "is a `data:` URL that cannot be read."
  ],
  [part({ type: "input_file" }), "input[0].content[0].file_data", "is required when there is no `file_id`."],
  [part({ type: "input_audio" }), "input[0].content[0].input_audio", "is required."],
  [part({ type: "input_audio", input_audio: { data: "" } }), "input[0].content[0].input_audio.format", "is required."],
  [item({ type: "function_call", name: "f", arguments: "" }), "input[1].call_id", "is required."],
  [item({ type: "function_call", call_id: "", name: "f" }), "input[1].call_id", "must not be empty."],
  [item({ type: "function_call", call_id: "a", arguments: "" }), "input[1].name", "is required."],
  [
    item({ type: "function_call", call_id: "a", name: "f", arguments: [] }),
    "input[1].arguments",
    "must be a string, not an array."
  ],
  [item({ type: "custom_tool_call", call_id: "a", name: "f" }), "input[1].input", "is required."],
  [item({ type: "function_call_output", call_id: "a" }), "input[1].output", "is required."],
  [
    item({ type: "function_call_output", call_id: "a", output: [{ type: "input_text" }] }),
    "input[1].output[0].text",
    "is required."
  ],
  [
    item({ type: "reasoning", encrypted_content: {} }),
    "input[1].encrypted_content",
    "must be a string, not an object."
  ],
  [{ input: "x", instructions: ["y"] }, "instructions", "must be a string, not an array."],
  [{ input: "x", temperature: "1" }, "temperature", "must be a number, not a string."],
  [{ input: "x", max_output_tokens: "1" }, "max_output_tokens", "must be a number, not a string."],
  [{ input: "x", metadata: [] }, "metadata", "must be an object, not an array."],
  [{ input: "x", parallel_tool_calls: 1 }, "parallel_tool_calls", "must be a boolean, not a number."],
  [{ input: "x", tools: {} }, "tools", "must be an array, not an object."],
  [{ input: "x", tools: [{}] }, "tools[0].type", "is required."],
  [{ input: "x", tools: [{ type: "function" }] }, "tools[0].name", "is required."],
  [{ input: "x", tools: [{ type: "function", name: "" }] }, "tools[0].name", "must not be empty."],
  [
    { input: "x", tools: [{ type: "function", name: "f", parameters: "{}" }] },
    "tools[0].parameters",
    "must be an object, not a string."
  ],
  [
    { input: "x", tools: [{ type: "namespace", name: "n", tools: [{ type: "custom" }] }] },
    "tools[0].tools[0].name",
    "is required."
  ],
  [item({ type: "additional_tools", tools: 1 }), "input[1].tools", "must be an array, not a number."],
  [{ input: "x", tool_choice: "any" }, "tool_choice", "must be `auto`, `none`, `required` or an object."],
  [{ input: "x", tool_choice: { type: "function" } }, "tool_choice.name", "is required."],
  [
    { input: "x", tool_choice: { type: "allowed_tools", mode: "some", tools: [] } },
    "tool_choice.mode",
    "must be `auto` or `required`."
  ],
  [
    { input: "x", text: { format: { type: "xml" } } },
    "text.format.type",
    "must be `text`, `json_object` or `json_schema`."
  ],
  [{ input: "x", text: { format: { type: "json_schema" } } }, "text.format.schema", "is required."],
  [
    item({ type: "configuration_update", text: { format: { type: "json_schema", schema: 1 } } }),
    "input[1].text.format.schema",
    "must be an object, not a number."
  ],
  [
    { input: "x", reasoning: { effort: "lots" } },
    "reasoning.effort",
    "must be `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`."
  ],
  [{ input: "x", reasoning: { summary: true } }, "reasoning.summary", "must be a string, not a boolean."]
]

describe("A request that is not what the Responses API asks for", () => {
  for (const [request, param, rest] of cases) {
    it(`is told that \`${param}\` ${rest.slice(0, -1)}`, () => {
      assert.deepStrictEqual(failureOf(request), { param, message: `\`${param}\` ${rest}` })
    })
  }
})

const item1 = "input[1]"

/** A request that only a gateway with a store could serve, the field that says so, and what the client is told. */
const stateful: ReadonlyArray<readonly [JsonObject, string, RegExp]> = [
  [{ input: "x", previous_response_id: "resp_1" }, "previous_response_id", /send the whole conversation as `input`/],
  [{ input: "x", conversation: "conv_1" }, "conversation", /send the whole conversation as `input`/],
  [{ input: "x", conversation: { id: "conv_1" } }, "conversation", /send the whole conversation as `input`/],
  [item({ type: "item_reference", id: "msg_1" }), item1, /send the item itself, as SDKs do with `store: false`/],
  [item({ id: "msg_1" }), item1, /send the item itself, as SDKs do with `store: false`/],
  [item({ type: "compaction", id: "cmp_1", encrypted_content: "x" }), item1, /only OpenAI can read/],
  [{ input: "x", prompt: { id: "pmpt_1" } }, "prompt", /send its text as `instructions` or `input`/],
  [{ input: "x", background: true }, "background", /a response cannot be fetched here later/]
]

describe("A request that needs what a gateway without a store does not have", () => {
  for (const [request, param, says] of stateful) {
    const { input: _, ...fields } = request
    it(`is told what to do instead: ${JSON.stringify(param === item1 ? request["input"] : fields)}`, () => {
      const failure = failureOf(request)
      assert.strictEqual(failure.param, param)
      assert.match(failure.message, says)
    })
  }

  it("may say that it needs none of it", () => {
    const request = { input: "x", previous_response_id: null, conversation: null, prompt: null, background: false }
    assert.isTrue(Result.isSuccess(openaiResponsesClient.decodeRequest(request, target)))
  })
})
