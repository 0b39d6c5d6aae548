import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { dequeue, enqueue } from "../src/recovery-queue.ts"
import type { RecoveryQueue, Waiting } from "../src/recovery-queue.ts"
import { nth } from "./candidates.ts"

describe("recovery queue", () => {
  it("always has the soonest first, whoever joins or leaves from the middle", () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ join: fc.constant(true), value: fc.nat(50) }),
        fc.record({ join: fc.constant(false), value: fc.nat() })
      ),
      { maxLength: 200, size: "max" }
    )
    fc.assert(
      fc.property(steps, (history) => {
        const queue: RecoveryQueue<Waiting> = []
        const members: Array<Waiting> = []
        const gone: Array<Waiting> = []
        for (const { join, value } of history) {
          if (join) {
            const item = { until: value, queueIndex: -1 }
            enqueue(queue, item)
            members.push(item)
          } else if (members.length > 0) {
            const item = nth(members, value % members.length)
            members.splice(members.indexOf(item), 1)
            dequeue(queue, item)
            gone.push(item)
          }
          expect(queue.length).toBe(members.length)
          expect(queue[0]?.until).toBe(members.length === 0 ? undefined : Math.min(...members.map((m) => m.until)))
          for (const member of members) expect(queue[member.queueIndex]).toBe(member)
        }
        for (const item of gone) expect(item.queueIndex).toBe(-1)
      }),
      { seed: 1, numRuns: 300 }
    )
  })

  it("ignores the departure of an item that is not in it", () => {
    const queue: RecoveryQueue<Waiting> = []
    enqueue(queue, { until: 1, queueIndex: -1 })
    dequeue(queue, { until: 0, queueIndex: -1 })
    expect(queue.length).toBe(1)
  })
})
