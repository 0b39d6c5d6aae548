import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"

import { mergeOver, readJsonObject } from "../../src/credential-files/json-object.ts"

/** Small objects whose keys and values often coincide. */
const object = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom(1, 2, "x", null))

describe("writing over a file", () => {
  it("writes exactly ours when nobody else has written and we know every key", () => {
    fc.assert(
      fc.property(object, object, (base, changes) => {
        const ours = { ...base, ...changes }
        assert.deepStrictEqual(mergeOver(base, base, ours), ours)
      })
    )
  })

  it("keeps what others have written where we have changed nothing, and ours where we have", () => {
    fc.assert(
      fc.property(object, object, object, (disk, base, ours) => {
        const merged = mergeOver(disk, base, ours)
        for (const key of Object.keys(ours)) {
          const changedByUs = ours[key] !== base[key]
          const changedByOthers = disk[key] !== base[key]
          if (changedByUs) assert.strictEqual(merged[key], ours[key])
          else if (changedByOthers) assert.strictEqual(merged[key], disk[key])
          else assert.strictEqual(merged[key], base[key])
        }
      })
    )
  })

  it("drops nothing that it does not know", () => {
    fc.assert(
      fc.property(object, object, object, (disk, base, ours) => {
        assert.includeMembers(Object.keys(mergeOver(disk, base, ours)), Object.keys(disk))
      })
    )
  })
})

const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`

describe("reading a JSON object", () => {
  it("says what is wrong and where, and nothing of the text", () => {
    assert.deepStrictEqual(
      [
        "",
        " \n",
        '{"token": "SECRET',
        '{"token": "SECRET"\n"b": 1}',
        '{"token":',
        "[]",
        "null",
        nested(101),
        nested(50_000)
      ].map((text) => Result.merge(Result.flip(readJsonObject(text)))),
      [
        "it is empty",
        "it is empty",
        "it is not JSON: line 1, column 18",
        "it is not JSON: line 2, column 1",
        "it is not JSON: it ends in the middle",
        "it is not a JSON object",
        "it is not a JSON object",
        "it is nested more than 100 levels deep",
        "it is nested more than 100 levels deep"
      ]
    )
  })

  it("reads what is nested as deep as anybody nests, and what begins with a byte order mark", () => {
    assert.isTrue(Result.isSuccess(readJsonObject(nested(100))))
    assert.deepStrictEqual(readJsonObject('\ufeff{"a": {}}'), Result.succeed({ a: {} }))
  })
})
