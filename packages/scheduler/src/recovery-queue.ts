/** Something that waits in a {@link RecoveryQueue}. Only the queue writes `queueIndex`. */
export interface Waiting {
  /** When its wait ends, in milliseconds of the caller's clock. Must not change while it is in the queue. */
  readonly until: number
  /** Its place in the queue; -1 when it is not in it. */
  queueIndex: number
}

/** A binary heap with the soonest `until` first. Every item knows its place, so any of them leaves in O(log n). */
export type RecoveryQueue<A extends Waiting> = Array<A>

const place = <A extends Waiting>(queue: RecoveryQueue<A>, item: A, index: number): void => {
  queue[index] = item
  item.queueIndex = index
}

const siftUp = <A extends Waiting>(queue: RecoveryQueue<A>, item: A, from: number): void => {
  let index = from
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (queue[parent]!.until <= item.until) break
    place(queue, queue[parent]!, index)
    index = parent
  }
  place(queue, item, index)
}

const siftDown = <A extends Waiting>(queue: RecoveryQueue<A>, item: A, from: number): void => {
  let index = from
  for (;;) {
    let child = 2 * index + 1
    if (child >= queue.length) break
    if (child + 1 < queue.length && queue[child + 1]!.until < queue[child]!.until) child++
    if (item.until <= queue[child]!.until) break
    place(queue, queue[child]!, index)
    index = child
  }
  place(queue, item, index)
}

/** Adds an item that is not in the queue. */
export const enqueue = <A extends Waiting>(queue: RecoveryQueue<A>, item: A): void => {
  siftUp(queue, item, queue.length)
}

/** Takes an item out, wherever it stands. Does nothing when it is not in the queue. */
export const dequeue = <A extends Waiting>(queue: RecoveryQueue<A>, item: A): void => {
  const index = item.queueIndex
  if (index === -1) return
  item.queueIndex = -1
  const last = queue.pop()!
  if (last === item) return
  const parent = (index - 1) >> 1
  if (index > 0 && last.until < queue[parent]!.until) siftUp(queue, last, index)
  else siftDown(queue, last, index)
}
