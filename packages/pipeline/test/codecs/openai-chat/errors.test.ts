import { describe, expect, it } from "vitest"

import { openaiChatClient } from "../../../src/codecs/openai-chat/codec.ts"

const encode = (status: number, fields: { type?: string; code?: string; param?: string } = {}) =>
  openaiChatClient.encodeError({ status, message: "No.", type: null, code: null, param: null, ...fields })

describe("an error", () => {
  const table: ReadonlyArray<readonly [status: number, type: string, code: string | null]> = [
    [400, "invalid_request_error", null],
    [401, "authentication_error", "invalid_api_key"],
    [403, "permission_error", "insufficient_quota"],
    [404, "invalid_request_error", "model_not_found"],
    [413, "invalid_request_error", null],
    [429, "rate_limit_error", "rate_limit_exceeded"],
    [500, "server_error", "internal_server_error"],
    [503, "server_error", "internal_server_error"],
    [529, "server_error", "internal_server_error"]
  ]
  for (const [status, type, code] of table) {
    it(`with ${status} is ${type} by default`, () => {
      expect(encode(status)).toEqual({ error: { message: "No.", type, param: null, code } })
    })
  }

  it("keeps the provider's words", () => {
    expect(encode(429, { type: "insufficient_quota", code: "insufficient_quota", param: "x" })).toEqual({
      error: { message: "No.", type: "insufficient_quota", param: "x", code: "insufficient_quota" }
    })
    expect(encode(400, { type: "new_api_error" })).toMatchObject({ error: { type: "new_api_error" } })
  })

  it("has no words of another protocol", () => {
    expect(encode(529, { type: "overloaded_error" })).toMatchObject({ error: { type: "server_error" } })
    expect(encode(404, { type: "not_found_error" })).toMatchObject({ error: { type: "invalid_request_error" } })
    expect(encode(429, { type: "RESOURCE_EXHAUSTED" })).toMatchObject({ error: { type: "rate_limit_error" } })
  })

  it("in the middle of a stream is one event without a name", () => {
    const frames: Array<readonly [string, string | undefined]> = []
    const error = { status: 500, message: "Ach, 世界", type: null, code: "x", param: null }
    openaiChatClient.encodeStreamError(error, (data, event) => frames.push([data, event]))
    expect(frames).toEqual([
      ['{"error":{"message":"Ach, 世界","type":"server_error","param":null,"code":"x"}}', undefined]
    ])
  })
})

describe("models", () => {
  it("are listed as OpenAI lists them, in the order given", () => {
    const models = [
      { id: "b", created: 2, ownedBy: "openai" },
      { id: "a", created: 1, ownedBy: "team" }
    ]
    expect(openaiChatClient.encodeModels(models)).toEqual({
      object: "list",
      data: [
        { id: "b", object: "model", created: 2, owned_by: "openai" },
        { id: "a", object: "model", created: 1, owned_by: "team" }
      ]
    })
  })
})
