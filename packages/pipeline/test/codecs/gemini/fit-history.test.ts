import { assert, describe, it } from "@effect/vitest"

import { fitHistory } from "../../../src/codecs/gemini/fit-history.ts"
import { carrySignature } from "../../../src/codecs/signature-carrier.ts"

const question = { role: "user", parts: [{ text: "What is in the file?" }] }
const result = {
  role: "user",
  parts: [{ functionResponse: { id: "c1", name: "read", response: { output: "nothing" } } }]
}
const conversation = (signature: string) => ({
  contents: [
    question,
    { role: "model", parts: [{ thoughtSignature: signature, functionCall: { id: "c1", name: "read", args: {} } }] },
    result
  ]
})

describe("a conversation that goes to Gemini again", () => {
  it("is the same object when only Gemini has signed in it", () => {
    const body = conversation("R2VtaW5p")
    assert.strictEqual(fitHistory(body, "gemini-3-pro"), body)
  })

  it("is written without what Claude has signed", () => {
    const body = conversation(carrySignature({ issuer: "claude", value: "c2lnbmVk" }, "gemini"))
    const fitted = fitHistory(body, "gemini-3-pro")
    assert.notInclude(JSON.stringify(fitted), "Y2xpcHJveHku")
    assert.deepStrictEqual(fitted["contents"], [
      question,
      {
        role: "model",
        parts: [
          {
            functionCall: { id: "c1", name: "read", args: {} },
            thoughtSignature: "skip_thought_signature_validator"
          }
        ]
      },
      result
    ])
  })

  it("that cannot be read stays for Gemini to judge", () => {
    const signature = carrySignature({ issuer: "claude", value: "c2lnbmVk" }, "gemini")
    const body = { contents: [{ role: 7, parts: [{ text: "x", thoughtSignature: signature }] }] }
    assert.strictEqual(fitHistory(body, "gemini-3-pro"), body)
  })
})
