/** Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other. */
const distance = (left: string, right: string): number => {
  const rows: Array<Array<number>> = [Array.from({ length: right.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= left.length; i++) {
    const row = [i]
    for (let j = 1; j <= right.length; j++) {
      const above = rows[i - 1]!
      const replaced = above[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1)
      let best = Math.min(row[j - 1]! + 1, above[j]! + 1, replaced)
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) {
        best = Math.min(best, rows[i - 2]![j - 2]! + 1)
      }
      row.push(best)
    }
    rows.push(row)
  }
  return rows[left.length]![right.length]!
}

/** The known name that somebody may have meant; `undefined` when none is near. `_` and capitals are taken for slips. */
export const closestName = (written: string, known: Iterable<string>): string | undefined => {
  const plain = written.toLowerCase().replaceAll("_", "-")
  let closest: string | undefined
  let least = Math.min(2, Math.floor(plain.length / 3)) + 1
  for (const name of known) {
    const steps = distance(plain, name)
    if (steps < least) {
      least = steps
      closest = name
    }
  }
  return closest
}
