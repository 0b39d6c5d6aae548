import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { firstAccepted, heapAdd, heapRemove } from "../src/min-heap.ts"
import type { HeapItem, MinHeap } from "../src/min-heap.ts"
import { nth } from "./candidates.ts"

describe("heap", () => {
  it("always has the smallest first, whoever joins or leaves from the middle", () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ join: fc.constant(true), value: fc.nat(50) }),
        fc.record({ join: fc.constant(false), value: fc.nat() })
      ),
      { maxLength: 200, size: "max" }
    )
    fc.assert(
      fc.property(steps, (history) => {
        const queue: MinHeap<HeapItem> = []
        const members: Array<HeapItem> = []
        const gone: Array<HeapItem> = []
        for (const { join, value } of history) {
          if (join) {
            const item = { key: value, order: 0, heapIndex: -1 }
            heapAdd(queue, item)
            members.push(item)
          } else if (members.length > 0) {
            const item = nth(members, value % members.length)
            members.splice(members.indexOf(item), 1)
            heapRemove(queue, item)
            gone.push(item)
          }
          expect(queue.length).toBe(members.length)
          expect(queue[0]?.key).toBe(members.length === 0 ? undefined : Math.min(...members.map((m) => m.key)))
          for (const member of members) expect(queue[member.heapIndex]).toBe(member)
        }
        for (const item of gone) expect(item.heapIndex).toBe(-1)
      }),
      { seed: 1, numRuns: 300 }
    )
  })

  it("ignores the departure of an item that is not in it", () => {
    const queue: MinHeap<HeapItem> = []
    heapAdd(queue, { key: 1, order: 0, heapIndex: -1 })
    heapRemove(queue, { key: 0, order: 0, heapIndex: -1 })
    expect(queue.length).toBe(1)
  })

  it("takes of two with the same key the one with the smaller order, whoever came first", () => {
    const items = [3, 1, 2].map((order): HeapItem => ({ key: 7, order, heapIndex: -1 }))
    const heap: MinHeap<HeapItem> = []
    for (const item of items) heapAdd(heap, item)
    expect(heap[0]?.order).toBe(1)
  })

  it("finds the first item that is accepted, in order, and is the same afterwards", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 30 }), fc.nat(20), (keys, least) => {
        const heap: MinHeap<HeapItem> = []
        for (const [order, key] of keys.entries()) heapAdd(heap, { key, order, heapIndex: -1 })
        const found = firstAccepted(heap, ({ key }) => (key >= least ? key : -1))
        const accepted = keys.filter((key) => key >= least)
        expect(found?.found).toBe(accepted.length === 0 ? undefined : Math.min(...accepted))
        const left: Array<number> = []
        for (let item = heap[0]; item !== undefined; item = heap[0]) {
          left.push(item.key)
          heapRemove(heap, item)
        }
        expect(left).toEqual(keys.toSorted((a, b) => a - b))
      }),
      { seed: 2, numRuns: 200 }
    )
  })
})
