import { Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import { chatOfCompletion } from "../../../src/codecs/openai-completions/decode-completion.ts"
import { completionChunkOfChat, completionOfChat } from "../../../src/codecs/openai-completions/encode-completion.ts"

const overTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe("a legacy completion", () => {
  const chat = { model: "m", max_tokens: 7, temperature: 0, stop: ["\n"], messages: [{ role: "user", content: "Say" }] }
  const steering = { model: "m", max_tokens: 7, temperature: 0, stop: ["\n"] }

  it("becomes a chat completion with the prompt as the user's message", () => {
    expect(Result.getOrThrow(chatOfCompletion({ ...steering, prompt: "Say" }))).toEqual(chat)
    expect(Result.getOrThrow(chatOfCompletion({ ...steering, prompt: ["Say"] }))).toEqual(chat)
  })

  it("may have what says nothing", () => {
    const nothing = { suffix: null, echo: false, logprobs: null, best_of: 2, n: 2 }
    expect(Result.getOrThrow(chatOfCompletion({ ...steering, prompt: "Say", ...nothing }))).toEqual({ ...chat, n: 2 })
  })

  const refused: ReadonlyArray<readonly [json: JsonObject, message: string]> = [
    [{}, "`prompt` is required."],
    [{ prompt: 5 }, "`prompt` must be a string or an array of one string, not a number."],
    [{ prompt: [1, 2] }, "`prompt` must be text: arrays of tokens are not supported."],
    [{ prompt: [[1, 2]] }, "`prompt` must be text: arrays of tokens are not supported."],
    [{ prompt: ["a", "b"] }, "`prompt` must hold one prompt, not 2: send a request for each."],
    [{ prompt: [] }, "`prompt` must hold one prompt, not 0: send a request for each."],
    [{ prompt: [{}] }, "`prompt[0]` must be a string, not an object."],
    [{ prompt: "a", suffix: "b" }, "`suffix` is not supported: chat models do not fill in."],
    [{ prompt: "a", echo: true }, "`echo` is not supported."],
    [{ prompt: "a", logprobs: 0 }, "`logprobs` is not supported."],
    [{ prompt: "a", best_of: 3 }, "`best_of` must not be more than `n`: answers are not ranked."],
    [{ prompt: "a", n: "2" }, "`n` must be a number, not a string."]
  ]
  for (const [json, message] of refused) {
    it(`is refused: ${message}`, () => {
      const result = chatOfCompletion(json)
      expect(Result.isFailure(result) ? result.failure : undefined).toMatchObject({ status: 400, message })
    })
  }
})

const chunk = (choice: JsonObject | undefined, more: JsonObject = {}): JsonObject => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 5,
  model: "m",
  choices: choice === undefined ? [] : [{ index: 0, logprobs: null, finish_reason: null, ...choice }],
  ...more
})

const written = (choices: ReadonlyArray<JsonObject>, more: JsonObject = {}) => ({
  id: "cmpl-1",
  object: "text_completion",
  created: 5,
  model: "m",
  choices,
  ...more
})

describe("the answer to a legacy completion", () => {
  it("has the text of each choice", () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
    const answer = completionOfChat({
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 5,
      model: "m",
      system_fingerprint: "fp",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Héllo", reasoning_content: "Hm" },
          finish_reason: "length"
        },
        { index: 1, message: { role: "assistant", content: null, refusal: "No." }, finish_reason: "stop" },
        { index: 2, message: { role: "assistant", content: null, tool_calls: [{}] }, finish_reason: "tool_calls" }
      ],
      usage
    })
    expect(answer).toEqual({
      id: "cmpl-1",
      object: "text_completion",
      created: 5,
      model: "m",
      system_fingerprint: "fp",
      choices: [
        { text: "Héllo", index: 0, logprobs: null, finish_reason: "length" },
        { text: "No.", index: 1, logprobs: null, finish_reason: "stop" },
        { text: "", index: 2, logprobs: null, finish_reason: "stop" }
      ],
      usage
    })
  })

  it("streams text, the reason and the usage, and nothing else", () => {
    const chunks = [
      chunk({ delta: { role: "assistant", content: "", refusal: null } }),
      chunk({ delta: { reasoning_content: "Hm" } }),
      chunk({ delta: { content: "世" } }, { usage: null }),
      chunk({ delta: {}, finish_reason: "content_filter" }),
      chunk(undefined, { usage: { total_tokens: 3 } })
    ]
    const frames = chunks.map(completionChunkOfChat).filter((frame) => frame !== undefined)
    expect(overTheWire(frames)).toEqual([
      written([{ text: "世", index: 0, logprobs: null, finish_reason: null }], { usage: null }),
      written([{ text: "", index: 0, logprobs: null, finish_reason: "content_filter" }]),
      written([], { usage: { total_tokens: 3 } })
    ])
  })

  it("passes an error in the stream on", () => {
    const error = { error: { message: "No.", type: "server_error", param: null, code: null } }
    expect(completionChunkOfChat(error)).toBe(error)
  })

  it("is written without a throw, whatever the chat completion is", () => {
    const names = fc.constantFrom("id", "choices", "message", "delta", "content", "finish_reason", "index", "usage")
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, fc.jsonValue(), fc.array(tie("value")), fc.dictionary(names, tie("value")))
    }))
    fc.assert(
      fc.property(fc.dictionary(names, value), (json) => {
        expect(completionOfChat(json)).toMatchObject({ object: "text_completion" })
        const frame = completionChunkOfChat(json)
        expect(frame === undefined || frame["object"] === "text_completion").toBe(true)
      })
    )
  })
})
