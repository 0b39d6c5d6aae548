import { Result } from "effect"
import { describe, expect, it } from "vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import { openaiChatClient } from "../../../src/codecs/openai-chat/codec.ts"

const decode = (json: JsonObject) => openaiChatClient.decodeRequest(json, { model: "m", stream: false })

const user = { role: "user", content: "Hi" }

const withUser = (fields: JsonObject): JsonObject => ({ messages: [user], ...fields })

const withMessage = (message: unknown): JsonObject => ({ messages: [user, message] })

const withPart = (part: unknown): JsonObject => withMessage({ role: "user", content: [part] })

describe("a malformed request", () => {
  const cases: ReadonlyArray<readonly [json: JsonObject, message: string]> = [
    [{}, "`messages` is required."],
    [{ messages: "Hi" }, "`messages` must be an array, not a string."],
    [{ messages: [] }, "`messages` must not be empty."],
    [withMessage(null), "`messages[1]` must be an object, not null."],
    [withMessage({ content: "" }), "`messages[1].role` is required."],
    [
      withMessage({ role: "robot", content: "" }),
      '`messages[1].role` must be "system", "developer", "user", "assistant" or "tool", or the older "function".'
    ],
    [withMessage({ role: "user" }), "`messages[1].content` is required."],
    [
      withMessage({ role: "system", content: 5 }),
      "`messages[1].content` must be a string or an array of parts, not a number."
    ],
    [withPart(7), "`messages[1].content[0]` must be an object, not a number."],
    [withPart({ text: "a" }), "`messages[1].content[0].type` is required."],
    [withPart({ type: "text" }), "`messages[1].content[0].text` is required."],
    [withPart({ type: "image_url", image_url: {} }), "`messages[1].content[0].image_url.url` is required."],
    [
      withPart({ type: "image_url", image_url: { url: "data:image/png" } }),
      "`messages[1].content[0].image_url.url` is not a well-formed data URL."
    ],
    [
      withPart({ type: "input_audio", input_audio: { data: "" } }),
      "`messages[1].content[0].input_audio.format` is required."
    ],
    [withPart({ type: "file", file: {} }), "`messages[1].content[0].file.file_data` is required."],
    [withMessage({ role: "assistant", tool_calls: {} }), "`messages[1].tool_calls` must be an array, not an object."],
    [
      withMessage({ role: "assistant", tool_calls: [{ id: "", function: { name: "a" } }] }),
      "`messages[1].tool_calls[0].id` must not be empty."
    ],
    [
      withMessage({ role: "assistant", tool_calls: [{ id: "a", function: { arguments: "" } }] }),
      "`messages[1].tool_calls[0].function.name` is required."
    ],
    [withMessage({ role: "tool", content: "" }), "`messages[1].tool_call_id` is required."],
    [
      withMessage({ role: "tool", tool_call_id: "a", content: [{ type: "refusal", refusal: "no" }] }),
      "`messages[1].content[0].type` is not a kind of part that a tool's answer can hold."
    ],
    [withUser({ temperature: "hot" }), "`temperature` must be a number, not a string."],
    [withUser({ stop: [1] }), "`stop[0]` must be a string, not a number."],
    [withUser({ stop: 1 }), "`stop` must be a string or an array of strings, not a number."],
    [withUser({ tools: [{ type: "function" }] }), "`tools[0].function` is required."],
    [
      withUser({ tools: [{ type: "function", function: { name: "a", parameters: "x" } }] }),
      "`tools[0].function.parameters` must be an object, not a string."
    ],
    [
      withUser({ tool_choice: "perhaps" }),
      '`tool_choice` must be "none", "auto", "required" or an object that names a tool.'
    ],
    [withUser({ tool_choice: { type: "function" } }), "`tool_choice.function` is required."],
    [
      withUser({ response_format: { type: "yaml" } }),
      '`response_format.type` must be "text", "json_object" or "json_schema".'
    ],
    [withUser({ response_format: { type: "json_schema" } }), "`response_format.json_schema` is required."],
    [
      withUser({ reasoning_effort: "lots" }),
      '`reasoning_effort` must be one of "none", "auto", "minimal", "low", "medium", "high", "xhigh", "max".'
    ],
    [withUser({ stream_options: true }), "`stream_options` must be an object, not a boolean."]
  ]
  for (const [json, message] of cases) {
    it(`is refused: ${message}`, () => {
      const result = decode(json)
      expect(Result.isFailure(result) ? result.failure : undefined).toMatchObject({
        _tag: "InvalidRequest",
        status: 400,
        message,
        param: message.split("`")[1]
      })
    })
  }
})

describe("a request", () => {
  it("may have null where it may have nothing", () => {
    const nothing = Object.fromEntries(
      [
        "tools",
        "functions",
        "tool_choice",
        "function_call",
        "parallel_tool_calls",
        "max_tokens",
        "max_completion_tokens",
        "temperature",
        "top_p",
        "seed",
        "stop",
        "n",
        "response_format",
        "reasoning_effort",
        "reasoning",
        "thinking",
        "stream_options",
        "user"
      ].map((field) => [field, null])
    )
    expect(Result.getOrThrow(decode({ messages: [user], ...nothing }))).toEqual({
      model: "m",
      stream: false,
      messages: [{ role: "user", parts: [{ type: "text", text: "Hi" }] }],
      tools: [],
      sampling: {},
      stop: []
    })
  })

  it("has its model and stream from outside of the body", () => {
    const target = { model: "alias", stream: true }
    const json = { model: "other", stream: false, messages: [user] }
    expect(Result.getOrThrow(openaiChatClient.decodeRequest(json, target))).toMatchObject(target)
  })

  it("has the newer of two limits", () => {
    const request = decode({ messages: [user], max_tokens: 1, max_completion_tokens: 2 })
    expect(Result.getOrThrow(request).maxTokens).toBe(2)
  })

  it("has a cache mark of a whole message on its last part, unless that has its own", () => {
    const mark = { type: "ephemeral" }
    const parts = (own: JsonObject) =>
      Result.getOrThrow(
        decode({
          messages: [
            {
              role: "user",
              content: [
                { type: "text", text: "a" },
                { type: "text", text: "b", ...own }
              ],
              cache_control: mark
            }
          ]
        })
      ).messages[0]?.parts
    expect(parts({})).toMatchObject([{ text: "a" }, { text: "b", cache: {} }])
    expect(parts({ cache_control: { ...mark, ttl: "1h" } })).toMatchObject([{ text: "a" }, { cache: { ttl: "1h" } }])
  })

  it("has thoughts that only the text tells beside details that only prove", () => {
    const request = decode({
      messages: [
        {
          role: "assistant",
          content: "a",
          reasoning_content: "Hm.",
          reasoning_details: [{ type: "reasoning.encrypted", data: "ZW5j" }]
        }
      ]
    })
    expect(Result.getOrThrow(request).messages[0]?.parts).toEqual([
      { type: "reasoning", text: "Hm." },
      { type: "reasoning", text: "", redacted: { issuer: "openai", value: "ZW5j" } },
      { type: "text", text: "a" }
    ])
  })
})
