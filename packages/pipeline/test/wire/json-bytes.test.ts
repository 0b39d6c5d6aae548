import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { jsonBytes } from "../../src/wire/json-bytes.ts"

const plainly = (json: Readonly<Record<string, unknown>>): string => JSON.stringify(json)

describe("jsonBytes", () => {
  it("writes what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 6 }), (json) => {
        assert.strictEqual(jsonBytes(json).toString(), plainly(json))
      })
    )
  })

  it("writes long lists of long texts in any script", () => {
    const messages = Array.from({ length: 100 }, (_, index) => ({ index, content: `"Größe"\n変数 🚀 `.repeat(index) }))
    const json = { model: "m", messages, tools: [], last: true }
    assert.strictEqual(jsonBytes(json).toString(), plainly(json))
  })

  it("leaves out members that are undefined, and has null for elements that are", () => {
    const json = { first: undefined, list: [1, undefined, 2], nothing: null, last: undefined }
    assert.strictEqual(jsonBytes(json).toString(), '{"list":[1,null,2],"nothing":null}')
  })

  it("keeps half of a surrogate pair apart from the other half that the next element has", () => {
    const json = { list: ["\ud83d", "\ude80"] }
    assert.strictEqual(jsonBytes(json).toString(), plainly(json))
  })
})
