import { Result } from "effect"

import type { JsonObject } from "../canonical/json.ts"
import { InvalidRequest } from "../gateway-error.ts"

/** Whether a value of `JSON.parse` is an object. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

// For what a provider answered: what is odd counts as not there.

/** The object, or an empty one. */
export const objectOr = (value: unknown): JsonObject => (isObject(value) ? value : EMPTY)

/** The list, or an empty one. */
export const listOr = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : NOTHING)

/** The text, or an empty one. */
export const textOr = (value: unknown): string => (typeof value === "string" ? value : "")

/** The number, if it is one. */
export const numberOr = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined)

const EMPTY: JsonObject = {}
const NOTHING: ReadonlyArray<unknown> = []

/** The JSON value of a text; `undefined` when it is no JSON. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whether a text is a JSON object or list, with nothing before it. */
export const isJsonText = (text: string): boolean => /^[[{]/.test(text) && parseJson(text) !== undefined

/** The fields of an object but for the named ones; `undefined` when none is left. */
export const otherFields = (json: JsonObject, known: ReadonlySet<string>): JsonObject | undefined => {
  let others: Record<string, unknown> | undefined
  for (const name in json) {
    if (known.has(name) || json[name] === undefined) continue
    others ??= {}
    // An assignment would change the prototype.
    if (name === "__proto__") Object.defineProperty(others, name, { ...PLAIN, value: json[name] })
    else others[name] = json[name]
  }
  return others
}

const PLAIN = { configurable: true, enumerable: true, writable: true }

// For what a client sent: what is odd is told, with its place.

/** A field of a client's request is not what its protocol asks for. Only `readingRequest` catches it. */
class MalformedField extends Error {
  readonly path: string
  constructor(path: string, message: string) {
    super(message)
    this.path = path
  }
}

/**
 * Runs a reader of a client's request. A field that one of the readers below refuses becomes a 400 that names it:
 * `` `messages[0].role` must be a string, not a number. ``
 */
export const readingRequest = <A>(read: () => A): Result.Result<A, InvalidRequest> =>
  withinStack(() => {
    try {
      return Result.succeed(read())
    } catch (error) {
      if (!(error instanceof MalformedField)) throw error
      const { message, path } = error
      return Result.fail(
        new InvalidRequest({ message: `\`${path}\` ${message}.`, status: 400, code: null, param: path })
      )
    }
  })

/**
 * Runs what reads or writes a client's request. JSON that nests deeper than JavaScript's stack is, and more than one of
 * its texts holds, become a 400.
 */
export const withinStack = <A>(run: () => Result.Result<A, InvalidRequest>): Result.Result<A, InvalidRequest> => {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return Result.fail(TOO_DEEP)
  }
}

const TOO_DEEP = new InvalidRequest({
  message: "The request nests too deeply, or is too large.",
  status: 400,
  code: null,
  param: null
})

/** Refuses the field at `path`; `message` goes on the sentence that begins with its name, without a full stop. */
export const refuse = (path: string, message: string): never => {
  throw new MalformedField(path, message)
}

const refuseKind = (path: string, wanted: string, value: unknown): never =>
  refuse(path, value === undefined ? "is required" : `must be ${wanted}, not ${kindOf(value)}`)

/** What a JSON value is, for error texts: `an array`, `a string`. */
export const kindOf = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "an array"
  return typeof value === "object" ? "an object" : `a ${typeof value}`
}

/** A field that must be an object. */
export const needObject = (value: unknown, path: string): JsonObject =>
  isObject(value) ? value : refuseKind(path, "an object", value)

/** A field that must be an array. */
export const needList = (value: unknown, path: string): ReadonlyArray<unknown> =>
  Array.isArray(value) ? value : refuseKind(path, "an array", value)

/** A field that must be a string. */
export const needText = (value: unknown, path: string): string =>
  typeof value === "string" ? value : refuseKind(path, "a string", value)

/** A field that must be a number. */
export const needNumber = (value: unknown, path: string): number =>
  typeof value === "number" ? value : refuseKind(path, "a number", value)

/** A field that must be a boolean. */
export const needFlag = (value: unknown, path: string): boolean =>
  typeof value === "boolean" ? value : refuseKind(path, "a boolean", value)

/** Reads a field that may be left out or null. */
export const optional = <A>(read: (value: unknown, path: string) => A, value: unknown, path: string): A | undefined =>
  value === undefined || value === null ? undefined : read(value, path)
