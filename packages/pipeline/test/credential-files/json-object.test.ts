import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { mergeOver } from "../../src/credential-files/json-object.ts"

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
