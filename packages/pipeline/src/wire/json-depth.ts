/**
 * Whether a value of `JSON.parse` has lists and objects more than `levels` deep inside each other. It takes a small part
 * of the time that it took to parse the text.
 */
export const nestsDeeper = (value: unknown, levels: number): boolean =>
  typeof value === "object" && value !== null && isDeeper(value as Nested, levels)

/** Loops, and no lists of values: they would cost most of it. */
const isDeeper = (value: Nested, levels: number): boolean => {
  if (levels === 0) return true
  if (Array.isArray(value)) {
    for (const inner of value) {
      if (typeof inner === "object" && inner !== null && isDeeper(inner, levels - 1)) return true
    }
    return false
  }
  for (const name in value) {
    const inner = value[name]
    if (typeof inner === "object" && inner !== null && isDeeper(inner as Nested, levels - 1)) return true
  }
  return false
}

type Nested = Readonly<Record<string, unknown>>
