/** Links of any number of lists over the positions of one tier. A position is in one list at most. */
export interface PositionLinks {
  readonly next: Int32Array
  readonly previous: Int32Array
}

/** A ring of positions, with the one whose turn it is. Whoever joins is the last to have a turn. */
export interface PositionList {
  /** -1 when nobody is in the ring. */
  first: number
  length: number
}

/** Links for the positions from 0 to `size - 1`. */
export const makePositionLinks = (size: number): PositionLinks => ({
  next: new Int32Array(size),
  previous: new Int32Array(size)
})

/** A ring without anybody. */
export const makePositionList = (): PositionList => ({ first: -1, length: 0 })

/** Adds a position that is in no ring, as the last to have a turn. */
export const appendPosition = ({ next, previous }: PositionLinks, list: PositionList, position: number): void => {
  if (list.length === 0) {
    next[position] = position
    previous[position] = position
    list.first = position
  } else {
    const { first } = list
    const last = previous[first]!
    next[last] = position
    previous[position] = last
    next[position] = first
    previous[first] = position
  }
  list.length++
}

/** Takes a position out of the ring that it is in. */
export const removePosition = ({ next, previous }: PositionLinks, list: PositionList, position: number): void => {
  const after = next[position]!
  const before = previous[position]!
  next[before] = after
  previous[after] = before
  list.length--
  if (list.first === position) list.first = list.length === 0 ? -1 : after
}

/** Makes a position of the ring the last to have a turn. */
export const rotatePosition = (links: PositionLinks, list: PositionList, position: number): void => {
  if (list.first === position) {
    list.first = links.next[position]!
  } else {
    removePosition(links, list, position)
    appendPosition(links, list, position)
  }
}

/** Calls back for every position of a ring, the one whose turn it is first. */
export const eachPosition = (
  { next }: PositionLinks,
  { first, length }: PositionList,
  visit: (position: number) => void
): void => {
  for (let position = first, left = length; left > 0; position = next[position]!, left--) visit(position)
}
