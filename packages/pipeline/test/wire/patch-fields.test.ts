import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { patchFields } from "../../src/wire/patch-fields.ts"

const patched = (text: string, change: (json: Record<string, unknown>) => Record<string, unknown>): string => {
  const json = JSON.parse(text)
  return patchFields(Buffer.from(text), json, change(json)).toString()
}

describe("changing fields of a body", () => {
  it("keeps the bytes of all others, numbers beyond JavaScript's among them", () => {
    assert.strictEqual(
      patched(`{ "seed":12345678901234567890, "effort" : "low","messages":[1.50, {"effort":1}] }`, (json) => ({
        ...json,
        effort: "high",
        more: { a: 1 }
      })),
      `{ "seed":12345678901234567890,"messages":[1.50, {"effort":1}],"effort":"high","more":{"a":1} }`
    )
  })

  it("takes out fields that are not wanted any more, however their key is written", () => {
    assert.strictEqual(
      patched(`{"\\u0061b":1,"c":2}`, ({ c }) => ({ c })),
      `{"c":2}`
    )
  })

  it("looks at each field once, however many there are", { timeout: 40_000 }, () => {
    // Were each compared with all before it, that would take longer than the test may.
    const fields = Array.from({ length: 300_000 }, (_, index) => `"k${index}":0`).join(",")
    assert.strictEqual(
      patched(`{${fields},"effort":1,"last":2}`, (json) => ({ ...json, effort: 2 })),
      `{${fields},"last":2,"effort":2}`
    )
  })

  it("gives the very same bytes when nothing changes", () => {
    const body = Buffer.from(`{"a": 1}`)
    const json = JSON.parse(body.toString())
    assert.strictEqual(patchFields(body, json, { ...json }), body)
  })

  it("says what is wanted, for all objects", () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue())
    fc.assert(
      fc.property(object, object, (before, change) => {
        const text = JSON.stringify(before)
        const wanted = { ...JSON.parse(text), ...JSON.parse(JSON.stringify(change)) }
        assert.deepStrictEqual(JSON.parse(patched(text, () => wanted)), wanted)
      })
    )
  })
})
