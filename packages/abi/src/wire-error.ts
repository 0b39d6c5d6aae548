import { Schema, SchemaIssue } from "effect"

const maxLength = 500
const format = SchemaIssue.makeFormatterStandardSchemaV1()

/**
 * A message of the plugin ABI doesn't have the shape that its method promises.
 * The text names the place and the types, never values, and is at most 500 characters long.
 */
export class WireError extends Schema.TaggedError<WireError>()("WireError", {
  /** Method whose message it is, such as `scheduler.pick`. */
  method: Schema.String,
  part: Schema.Literals(["request", "result"]),
  /** Place and problem: `Candidates[0].Priority: expected integer, found string`. */
  detail: Schema.String
}) {
  override get message() {
    return `${this.part} of ${this.method}: ${this.detail}`
  }
}

const place = (path: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }>): string =>
  path
    .map((step) => (typeof step === "object" ? step.key : step))
    .map((key) => {
      if (typeof key === "number") return `[${key}]`
      return /^\w+$/.test(String(key)) ? `.${String(key)}` : `[${JSON.stringify(String(key))}]`
    })
    .join("")
    .replace(/^\./, "")

/** Puts the first problem of a schema issue into words: its place, then what was expected and found. */
export const describeIssue = (issue: SchemaIssue.Issue): string => {
  const [first] = format(issue).issues
  const where = place(first?.path ?? [])
  const problem = (first?.message ?? "invalid").replace(/^Expected/, "expected")
  const text = where === "" ? problem : `${where}: ${problem}`
  return text.length > maxLength ? `${text.slice(0, maxLength - 1).toWellFormed()}…` : text
}
