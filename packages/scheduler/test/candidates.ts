import type { Candidate } from "../src/index.ts"

/** A candidate with what the test does not care about filled in. */
export const candidate = (id: string, fields: Partial<Candidate> = {}): Candidate => ({
  id,
  provider: "openai",
  priority: 0,
  disabled: false,
  attributes: {},
  ...fields
})

/** `count` candidates of one tier whose IDs sort by their number. */
export const candidates = (count: number, fields: Partial<Candidate> = {}): ReadonlyArray<Candidate> =>
  Array.from({ length: count }, (_, index) => candidate(`key-${String(index).padStart(6, "0")}`, fields))

/** The element at `index`, which must exist. */
export const nth = <A>(list: ReadonlyArray<A>, index: number): A => {
  const element = list[index]
  if (element === undefined) throw new Error(`no element ${index} in a list of ${list.length}`)
  return element
}

/** IDs, in order. */
export const idsOf = (list: ReadonlyArray<Candidate>): ReadonlyArray<string> => list.map(({ id }) => id)
