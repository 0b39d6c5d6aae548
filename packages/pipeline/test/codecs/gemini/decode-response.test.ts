import { assert, describe, it } from "@effect/vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { CanonicalResponse } from "../../../src/canonical/response.ts"
import { geminiClient, geminiProvider } from "../../../src/codecs/gemini/codec.ts"
import { fixtures } from "./fixtures.ts"
import { asJson, contextOf } from "./translation.ts"

interface Case {
  readonly wire: JsonObject
  readonly canonical: CanonicalResponse
}

const cases = fixtures("responses").map(([name, value]) => [name, value as Case] as const)

const choiceOf = (candidate: JsonObject) =>
  geminiProvider.decodeResponse({ candidates: [candidate] }, contextOf()).choices[0]

const part = (value: JsonObject) => choiceOf({ content: { parts: [value] } })?.parts

describe("a provider's answer", () => {
  for (const [name, { canonical, wire }] of cases) {
    it(`${name} is read`, () => {
      assert.deepStrictEqual(asJson(geminiProvider.decodeResponse(wire, contextOf())), canonical)
    })
  }

  it("is stopped by a filter for each reason that is one", () => {
    for (const finishReason of ["SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"]) {
      assert.strictEqual(choiceOf({ finishReason })?.stopReason, "content_filter", finishReason)
    }
  })

  it("has no reason to stop when the provider says none", () => {
    assert.isUndefined(choiceOf({ finishReason: "FINISH_REASON_UNSPECIFIED" })?.stopReason)
    assert.isUndefined(choiceOf({})?.stopReason)
  })

  it("names tools as the client does", () => {
    const context = contextOf()
    context.toolNames.set("mcp_read", "mcp/read")
    const wire = { candidates: [{ content: { parts: [{ functionCall: { name: "mcp_read" } }] } }] }
    const [call] = geminiProvider.decodeResponse(wire, context).choices[0]?.parts ?? []
    assert.strictEqual(call?.type === "tool_call" && call.name, "mcp/read")
  })

  it("opens no text for a part that is only a signature", () => {
    const signed = [{ type: "reasoning", text: "", signature: { issuer: "gemini", value: "cw==" } }]
    assert.deepStrictEqual(asJson(part({ text: "", thoughtSignature: "cw==" })), signed as never)
    assert.deepStrictEqual(asJson(part({ thoughtSignature: "cw==" })), signed as never)
  })

  it("leaves out a call of nothing, and parts that are none", () => {
    assert.deepStrictEqual(part({ functionCall: { name: "" } }), [])
    assert.deepStrictEqual(part({ functionCall: {} }), [])
    assert.deepStrictEqual(choiceOf({ content: { parts: [null, 1, "x", {}] } })?.parts, [])
  })

  it("comes out again as it came in, for a client of the same protocol", () => {
    for (const [name, { wire }] of cases) {
      if (name === "grounded-candidates" || name === "thoughts-and-parallel-calls") continue
      const { createTime: _time, ...expected } = wire
      const { usageMetadata, ...written } = geminiClient.encodeResponse(
        geminiProvider.decodeResponse(wire, contextOf()),
        contextOf()
      )
      const { usageMetadata: usage, ...others } = expected
      assert.deepStrictEqual(asJson(written), others, name)
      assert.deepStrictEqual(usageMetadata, usage && { candidatesTokenCount: 0, ...(usage as JsonObject) }, name)
    }
  })
})
