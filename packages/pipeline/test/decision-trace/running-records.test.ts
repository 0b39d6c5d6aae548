import * as fc from "fast-check"
import { assert, describe, it } from "vitest"

import { makeRunningRecords, type RunningRecord } from "../../src/decision-trace/running-records.ts"

describe("records of requests that run", () => {
  it("are those that were added and not removed, whatever the order, the newest first", () => {
    const step = fc.record({ adds: fc.boolean(), which: fc.nat() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const running = makeRunningRecords<RunningRecord>()
        const all: Array<RunningRecord> = []
        let expected: ReadonlyArray<RunningRecord> = []
        for (const { adds, which } of steps) {
          // Also one that is gone already.
          const known = all[which % all.length]
          if (adds || known === undefined) {
            const record = { id: `r${all.length}`, place: undefined, order: 0 }
            all.push(record)
            running.add(record)
            expected = [record, ...expected]
          } else {
            running.remove(known)
            expected = expected.filter((one) => one !== known)
          }
          assert.deepStrictEqual(running.newestFirst(), expected)
          assert.strictEqual(running.count(), expected.length)
          for (const record of all) {
            assert.strictEqual(running.withId(record.id), expected.includes(record) ? record : undefined)
          }
        }
      })
    )
  })
})
