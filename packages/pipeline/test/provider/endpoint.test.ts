import { assert, describe, it } from "@effect/vitest"

import { type Credential, credentialsOf } from "../../src/credentials/credentials.ts"
import { endpointOf, type Operation } from "../../src/provider/endpoint.ts"
import { claudeKey, geminiKey, provider } from "../gateway-settings.ts"

const openai = (baseUrl: string) =>
  credentialsOf([provider(baseUrl, ["a"])])
    .at(0)![1]
    .at(0)!
const claude = (baseUrl: string) =>
  credentialsOf([claudeKey(baseUrl, "a")])
    .at(0)![1]
    .at(0)!
const gemini = (baseUrl: string) =>
  credentialsOf([geminiKey(baseUrl, "a")])
    .at(0)![1]
    .at(0)!

const at = (credential: Credential, operation: Operation["operation"], model = "m", stream = false) =>
  endpointOf(credential, { operation, model, stream })

describe("an endpoint of a provider", () => {
  it("that is compatible with OpenAI lies below its base URL as it stands", () => {
    const credential = openai("https://h.test/api/v1")
    assert.strictEqual(at(credential, "generate"), "/api/v1/chat/completions")
    assert.strictEqual(at(credential, "embeddings"), "/api/v1/embeddings")
    assert.strictEqual(at(credential, "models"), "/api/v1/models")
    assert.strictEqual(at(credential, "count_tokens"), undefined)
    assert.strictEqual(at(openai("https://h.test"), "generate"), "/chat/completions")
  })

  it("that speaks Claude is the same for base URLs with and without the version", () => {
    for (const base of ["https://h.test", "https://h.test/", "https://h.test/v1", "https://h.test/v1/"]) {
      assert.strictEqual(at(claude(base), "generate"), "/v1/messages", base)
      assert.strictEqual(at(claude(base), "count_tokens"), "/v1/messages/count_tokens")
      assert.strictEqual(at(claude(base), "models"), "/v1/models")
      assert.strictEqual(at(claude(base), "embeddings"), undefined)
    }
    assert.strictEqual(at(claude("https://h.test/anthropic"), "generate"), "/anthropic/v1/messages")
  })

  it("that speaks Gemini has the model in its path, and asks for events by its query", () => {
    for (const base of ["https://h.test", "https://h.test/v1beta", "https://h.test/v1beta/"]) {
      assert.strictEqual(at(gemini(base), "generate", "gemini-x"), "/v1beta/models/gemini-x:generateContent")
      assert.strictEqual(
        at(gemini(base), "generate", "gemini-x", true),
        "/v1beta/models/gemini-x:streamGenerateContent?alt=sse"
      )
      assert.strictEqual(at(gemini(base), "count_tokens", "gemini-x"), "/v1beta/models/gemini-x:countTokens")
      assert.strictEqual(at(gemini(base), "embeddings"), undefined)
    }
    assert.strictEqual(at(gemini("https://h.test/v1"), "models"), "/v1/models")
  })

  it("never lets a model's name change the path that it stands in", () => {
    for (const [model, path] of [
      ["a/../b?c#d:e", "models/a%2F..%2Fb%3Fc%23d%3Ae"],
      ["models/gemini-x", "models/gemini-x"],
      ["tunedModels/my-x", "tunedModels/my-x"],
      ["日本", "models/%E6%97%A5%E6%9C%AC"]
    ] as const) {
      assert.strictEqual(at(gemini("https://h.test"), "generate", model), `/v1beta/${path}:generateContent`)
    }
  })

  it("keeps the query of the base URL before its own", () => {
    assert.strictEqual(at(openai("https://h.test/v1?v=2"), "generate"), "/v1/chat/completions?v=2")
    assert.strictEqual(
      at(gemini("https://h.test/?v=2"), "generate", "m", true),
      "/v1beta/models/m:streamGenerateContent?v=2&alt=sse"
    )
  })
})
