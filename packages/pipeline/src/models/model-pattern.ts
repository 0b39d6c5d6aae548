/**
 * Makes a test for names of models. `*` in a pattern stands for any text, also for none; case does not matter, and the
 * whole name must fit. No pattern, no fit.
 */
export const modelMatcher = (patterns: ReadonlyArray<string>): ((name: string) => boolean) => {
  if (patterns.length === 0) return matchesNone
  const pieces = patterns.map((pattern) => pattern.trim().toLowerCase().split("*"))
  return (name) => {
    const text = name.toLowerCase()
    return pieces.some((parts) => fits(parts, text))
  }
}

const matchesNone = (): boolean => false

/**
 * Whether the parts stand in the text one after another, the first at its start and the last at its end. Each is taken
 * where it first fits, which is never worse than later, so that the time stays that of a search.
 */
const fits = (parts: ReadonlyArray<string>, text: string): boolean => {
  const first = parts[0] ?? ""
  if (parts.length === 1) return text === first
  const last = parts.at(-1) ?? ""
  if (!text.startsWith(first) || !text.endsWith(last)) return false
  let from = first.length
  const end = text.length - last.length
  if (from > end) return false
  for (const part of parts.slice(1, -1)) {
    const at = text.indexOf(part, from)
    if (at < 0 || at + part.length > end) return false
    from = at + part.length
  }
  return true
}
