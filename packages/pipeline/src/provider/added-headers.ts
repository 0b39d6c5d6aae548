/** Headers of a credential that nobody replaces. */
const FIXED_HEADERS = new Set([
  "authorization",
  "x-api-key",
  "x-goog-api-key",
  "anthropic-version",
  "content-type",
  "accept-encoding"
])

/**
 * The headers of a request to a provider: those of its credential, and those that plugins added. What a plugin sets takes
 * the place of what is configured, but for what makes the exchange work at all. Flat lists of lower-case names and
 * values.
 */
export const withAddedHeaders = (
  own: ReadonlyArray<string>,
  added: ReadonlyArray<string> | undefined
): ReadonlyArray<string> => {
  if (added === undefined || added.length === 0) return own
  const replaced = new Set(added.filter((_, index) => index % 2 === 0))
  const kept: Array<string> = []
  for (let index = 0; index + 1 < own.length; index += 2) {
    const name = own[index] ?? ""
    if (FIXED_HEADERS.has(name)) replaced.delete(name)
    else if (replaced.has(name)) continue
    kept.push(name, own[index + 1] ?? "")
  }
  for (let index = 0; index + 1 < added.length; index += 2) {
    const name = added[index] ?? ""
    if (replaced.has(name)) kept.push(name, added[index + 1] ?? "")
  }
  return kept
}
