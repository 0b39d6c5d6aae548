import { assert, describe, it } from "@effect/vitest"

import { makeRequestCounts, SPAN_MS } from "../../src/credential-files/request-counts.ts"

describe("request counts", () => {
  it("know the last 20 spans, the oldest first, and everything in total", () => {
    const counts = makeRequestCounts()
    for (let span = 0; span < 30; span++) counts.count("a", span % 3 !== 0, span * SPAN_MS + 1)
    assert.deepStrictEqual(counts.total("a"), { success: 20, failed: 10 })
    const recent = counts.recent("a", 30 * SPAN_MS)
    assert.strictEqual(recent.length, 20)
    assert.deepStrictEqual(recent.at(0), { startsAt: 11 * SPAN_MS, success: 1, failed: 0 })
    assert.deepStrictEqual(recent.at(1), { startsAt: 12 * SPAN_MS, success: 0, failed: 1 })
    assert.deepStrictEqual(recent.at(-1), { startsAt: 30 * SPAN_MS, success: 0, failed: 0 })
  })

  it("know nothing of credentials that served nothing, or are gone", () => {
    const counts = makeRequestCounts()
    counts.count("a", true, 0)
    counts.retain(new Set(["b"]))
    for (const id of ["a", "b"]) {
      assert.deepStrictEqual(counts.total(id), { success: 0, failed: 0 })
      assert.deepStrictEqual(counts.recent(id, 0), [])
    }
  })
})
