/** Fields that hold JSON of somebody else: names in there are not the API's. */
const FREE_FORM = new Set([
  "args",
  "response",
  "parameters",
  "parametersJsonSchema",
  "responseSchema",
  "responseJsonSchema"
])

const camelCase = (name: string): string => name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/**
 * A body with every field under its JSON name. The API takes the names of Google's definitions too, such as
 * `inline_data`, and some clients write some of them so. Source: https://protobuf.dev/programming-guides/json/
 */
export const withJsonNames = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withJsonNames)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const field = camelCase(name)
      return [field, FREE_FORM.has(field) ? inner : withJsonNames(inner)]
    })
  )
}
