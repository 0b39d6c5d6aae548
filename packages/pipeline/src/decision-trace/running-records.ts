/** What a collection of records notes in each of them. */
export interface RunningRecord {
  readonly id: string
  /** Where it is while its request runs. */
  place: number | undefined
  /** Which one it is of all that were ever added. */
  order: number
}

/** The records of the requests that run. */
export interface RunningRecords<A extends RunningRecord> {
  readonly add: (record: A) => void
  /** Does nothing when it is not in there any more. */
  readonly remove: (record: A) => void
  readonly count: () => number
  readonly withId: (id: string) => A | undefined
  readonly newestFirst: () => ReadonlyArray<A>
}

/**
 * Makes an empty collection. An array and not a `Map`: a map that is added to and deleted from for ever makes itself a
 * new table again and again, and each old one refers to the next and to what was in it. Once the first of them is in
 * V8's old generation, all of these requests stay in memory until a full collection.
 */
export const makeRunningRecords = <A extends RunningRecord>(): RunningRecords<A> => {
  const running: Array<A> = []
  let added = 0
  return {
    add: (record) => {
      record.order = added++
      record.place = running.push(record) - 1
    },
    remove: (record) => {
      const { place } = record
      if (place === undefined) return
      record.place = undefined
      const last = running.pop()
      if (last === undefined || last === record) return
      last.place = place
      running[place] = last
    },
    count: () => running.length,
    withId: (id) => running.find((record) => record.id === id),
    newestFirst: () => running.toSorted((a, b) => b.order - a.order)
  }
}
