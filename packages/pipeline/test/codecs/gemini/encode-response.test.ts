import { assert, describe, it } from "@effect/vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { CanonicalResponse, StopReason } from "../../../src/canonical/response.ts"
import { geminiClient } from "../../../src/codecs/gemini/codec.ts"
import { fixtures } from "./fixtures.ts"
import { asJson, contextOf } from "./translation.ts"

const written = (response: Partial<CanonicalResponse>): JsonObject =>
  asJson(geminiClient.encodeResponse({ id: "r", model: "m", choices: [], ...response }, contextOf()))

describe("an answer to a client", () => {
  for (const [name, value] of fixtures("client-responses")) {
    const { canonical, wire } = value as { readonly wire: JsonObject; readonly canonical: CanonicalResponse }
    it(`${name} is written`, () => {
      assert.deepStrictEqual(asJson(geminiClient.encodeResponse(canonical, contextOf())), wire)
    })
  }

  it("has a finish reason for each reason to stop", () => {
    const reasons: ReadonlyArray<readonly [StopReason | undefined, string]> = [
      ["stop", "STOP"],
      ["stop_sequence", "STOP"],
      ["tool_calls", "STOP"],
      ["pause", "STOP"],
      [undefined, "STOP"],
      ["length", "MAX_TOKENS"],
      ["content_filter", "SAFETY"],
      ["refusal", "SAFETY"]
    ]
    for (const [stopReason, finishReason] of reasons) {
      const { candidates } = written({ choices: [{ parts: [], stopReason }] })
      assert.strictEqual((candidates as ReadonlyArray<JsonObject>)[0]?.["finishReason"], finishReason)
    }
  })

  it("keeps the more exact reason that Google gave", () => {
    const extensions = { protocol: "gemini", fields: { finishReason: "RECITATION" } } as const
    const { candidates } = written({ choices: [{ parts: [], stopReason: "content_filter", extensions }] })
    assert.strictEqual((candidates as ReadonlyArray<JsonObject>)[0]?.["finishReason"], "RECITATION")
  })

  it("to a blocked prompt has no candidates", () => {
    const extensions = { protocol: "gemini", fields: { promptFeedback: { blockReason: "SAFETY" } } } as const
    assert.deepStrictEqual(written({ choices: [{ parts: [], stopReason: "content_filter" }], extensions }), {
      modelVersion: "m",
      responseId: "r",
      promptFeedback: { blockReason: "SAFETY" }
    })
  })
})
