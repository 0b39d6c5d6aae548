/** Something that stands in a {@link MinHeap}. Only the heap writes `heapIndex`. */
export interface HeapItem {
  /** The smallest comes first. Must not change while the item is in a heap. */
  readonly key: number
  /** Which of two with the same key comes first: the smaller. Must not change while the item is in a heap. */
  readonly order: number
  /** Its place in the heap; -1 when it is in none. */
  heapIndex: number
}

/** A binary heap with the smallest first. Every item knows its place, so any of them leaves in O(log n). */
export type MinHeap<A extends HeapItem> = Array<A>

const before = (a: HeapItem, b: HeapItem): boolean => a.key < b.key || (a.key === b.key && a.order < b.order)

const place = <A extends HeapItem>(heap: MinHeap<A>, item: A, index: number): void => {
  heap[index] = item
  item.heapIndex = index
}

const siftUp = <A extends HeapItem>(heap: MinHeap<A>, item: A, from: number): void => {
  let index = from
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (!before(item, heap[parent]!)) break
    place(heap, heap[parent]!, index)
    index = parent
  }
  place(heap, item, index)
}

const siftDown = <A extends HeapItem>(heap: MinHeap<A>, item: A, from: number): void => {
  let index = from
  for (;;) {
    let child = 2 * index + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
    if (!before(heap[child]!, item)) break
    place(heap, heap[child]!, index)
    index = child
  }
  place(heap, item, index)
}

/** Adds an item that is in no heap. */
export const heapAdd = <A extends HeapItem>(heap: MinHeap<A>, item: A): void => {
  siftUp(heap, item, heap.length)
}

/** Takes an item out of its heap, wherever it stands. Does nothing when it is in none. */
export const heapRemove = <A extends HeapItem>(heap: MinHeap<A>, item: A): void => {
  const index = item.heapIndex
  if (index === -1) return
  item.heapIndex = -1
  const last = heap.pop()!
  if (last === item) return
  const parent = (index - 1) >> 1
  if (index > 0 && before(last, heap[parent]!)) siftUp(heap, last, index)
  else siftDown(heap, last, index)
}

/**
 * The first item, smallest first, for which `accept` gives something other than -1, and what it gave; undefined when it
 * refuses all of them, or all before the first for which `isPast` holds. Costs O(log n) for each item that is refused.
 * Changes nothing.
 */
export const firstAccepted = <A extends HeapItem>(
  heap: MinHeap<A>,
  accept: (item: A) => number,
  isPast?: (item: A) => boolean
): { readonly item: A; readonly found: number } | undefined => {
  const refused: Array<A> = []
  let answer: { readonly item: A; readonly found: number } | undefined
  for (let item = heap[0]; item !== undefined && isPast?.(item) !== true; item = heap[0]) {
    const found = accept(item)
    if (found !== -1) {
      answer = { item, found }
      break
    }
    heapRemove(heap, item)
    refused.push(item)
  }
  for (const item of refused) heapAdd(heap, item)
  return answer
}
