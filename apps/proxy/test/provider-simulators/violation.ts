import { Result, Schema, SchemaIssue } from "effect"

/** Names of fields and positions in lists, from the body's root. */
export type JsonPath = ReadonlyArray<string | number>

/** A way in which a request breaks its provider's rules. */
export interface Violation {
  readonly path: JsonPath
  readonly message: string
  /** 400 when left out. */
  readonly status?: number
}

/** Whether a violation is a field that does not exist. Providers say so in words of their own. */
export const isUnknownField = (violation: Violation): boolean => violation.message === "Expected no excess property"

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/** Reads a body by a schema that lists every field there is. All that breaks it is reported, in the order it was met. */
export const readStrictly =
  <S extends Schema.ConstraintDecoder<unknown>>(schema: S) =>
  (body: unknown): Result.Result<S["Type"], ReadonlyArray<Violation>> =>
    Result.mapError(
      Schema.decodeUnknownResult(schema, { onExcessProperty: "error", errors: "all" })(body),
      ({ issue }) =>
        issuesOf(issue).issues.map(({ path = [], message }) => ({
          path: path.map((segment) => (typeof segment === "object" ? String(segment.key) : asSegment(segment))),
          message
        }))
    )

const asSegment = (key: PropertyKey): string | number => (typeof key === "number" ? key : String(key))

/** Collects violations while a request is looked through. */
export interface Findings {
  readonly found: ReadonlyArray<Violation>
  readonly report: (path: JsonPath, message: string) => void
}

/** Findings without any yet. */
export const makeFindings = (): Findings => {
  const found: Array<Violation> = []
  return {
    found,
    report: (path, message) => {
      found.push({ path, message })
    }
  }
}

/** `a.0.b`, as Claude writes a path. */
export const dotted = (path: JsonPath): string => path.join(".")

/** `a[0].b`, as OpenAI writes a path. */
export const bracketed = (path: JsonPath): string =>
  path.map((part, at) => (typeof part === "number" ? `[${part}]` : at === 0 ? part : `.${part}`)).join("")
