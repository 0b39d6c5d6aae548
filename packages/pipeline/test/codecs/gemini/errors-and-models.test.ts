import { assert, describe, it } from "@effect/vitest"

import type { ClientError } from "../../../src/canonical/client-error.ts"
import { geminiClient, geminiProvider } from "../../../src/codecs/gemini/codec.ts"

const error = (others: Partial<ClientError>): ClientError => ({
  status: 400,
  message: "m",
  type: null,
  code: null,
  param: null,
  ...others
})

const statusOf = (type: string) => geminiClient.encodeError(error({ type }))["error"] as { status: string }

describe("an error to a client", () => {
  it("has the status name of its HTTP status", () => {
    const names: ReadonlyArray<readonly [number, string]> = [
      [400, "INVALID_ARGUMENT"],
      [401, "UNAUTHENTICATED"],
      [403, "PERMISSION_DENIED"],
      [404, "NOT_FOUND"],
      [409, "ABORTED"],
      [413, "INVALID_ARGUMENT"],
      [429, "RESOURCE_EXHAUSTED"],
      [499, "CANCELLED"],
      [500, "INTERNAL"],
      [501, "UNIMPLEMENTED"],
      [502, "UNAVAILABLE"],
      [503, "UNAVAILABLE"],
      [504, "DEADLINE_EXCEEDED"],
      [529, "UNAVAILABLE"]
    ]
    for (const [code, status] of names) {
      assert.deepStrictEqual(geminiClient.encodeError(error({ status: code })), {
        error: { code, message: "m", status }
      })
    }
  })

  it("keeps a status name of Google's, and no other", () => {
    assert.strictEqual(statusOf("FAILED_PRECONDITION").status, "FAILED_PRECONDITION")
    assert.strictEqual(statusOf("invalid_request_error").status, "INVALID_ARGUMENT")
    assert.strictEqual(statusOf("toString").status, "INVALID_ARGUMENT")
  })

  it("tells its code and its field as details", () => {
    assert.deepStrictEqual(geminiClient.encodeError(error({ code: "model_not_found", param: "contents" })), {
      error: {
        code: 400,
        message: "m",
        status: "INVALID_ARGUMENT",
        details: [
          { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "model_not_found" },
          {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            fieldViolations: [{ field: "contents", description: "m" }]
          }
        ]
      }
    })
  })

  it("is read by the provider's half as it was written", () => {
    const given = error({ status: 429, type: "RESOURCE_EXHAUSTED", code: "quota", param: "model" })
    assert.deepStrictEqual<unknown>(geminiProvider.decodeError(geminiClient.encodeError(given)), given)
  })

  it("in mid-stream is the same, as a frame and bare", () => {
    const frames: Array<string> = []
    geminiClient.encodeStreamError(error({ status: 503 }), (data, event) => {
      assert.isUndefined(event)
      frames.push(data)
    })
    assert.deepStrictEqual(
      frames.map((data) => JSON.parse(data) as unknown),
      [geminiClient.encodeError(error({ status: 503 }))]
    )
    assert.deepStrictEqual(geminiClient.encodeBareStreamError?.(error({ status: 503 })), frames[0])
  })
})

describe("an error of a provider", () => {
  const body = {
    error: {
      code: 400,
      message: "API key not valid. Please pass a valid API key.",
      status: "INVALID_ARGUMENT",
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "API_KEY_INVALID",
          domain: "googleapis.com"
        },
        { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "3s" }
      ]
    }
  }
  const fields = {
    message: "API key not valid. Please pass a valid API key.",
    type: "INVALID_ARGUMENT",
    code: "API_KEY_INVALID",
    param: undefined,
    status: 400
  }

  it("is read, alone or in an array", () => {
    assert.deepStrictEqual(geminiProvider.decodeError(body), fields)
    assert.deepStrictEqual(geminiProvider.decodeError([body]), fields)
  })

  it("has the HTTP status of its name when it has no number", () => {
    assert.strictEqual(geminiProvider.decodeError({ error: { status: "UNAVAILABLE" } })?.status, 503)
    assert.strictEqual(geminiProvider.decodeError({ error: { code: 200, status: "NOT_FOUND" } })?.status, 404)
    assert.isUndefined(geminiProvider.decodeError({ error: { status: "WHATEVER" } })?.status)
    assert.isUndefined(geminiProvider.decodeError({ error: { status: "constructor" } })?.status)
  })

  it("is none where there is none", () => {
    for (const json of [undefined, null, "x", [], {}, { error: null }, { candidates: [] }]) {
      assert.isUndefined(geminiProvider.decodeError(json))
    }
  })
})

describe("models and counts", () => {
  it("are listed by their resource names", () => {
    assert.deepStrictEqual(geminiClient.encodeModels([{ id: "gpt-5", ownedBy: "openai", created: 1 }]), {
      models: [
        {
          name: "models/gpt-5",
          displayName: "gpt-5",
          description: "gpt-5, served by openai.",
          supportedGenerationMethods: ["generateContent", "streamGenerateContent", "countTokens"]
        }
      ]
    })
  })

  it("are counted as a total", () => {
    assert.deepStrictEqual(geminiClient.encodeTokenCount({ inputTokens: 7 }), { totalTokens: 7 })
  })
})
