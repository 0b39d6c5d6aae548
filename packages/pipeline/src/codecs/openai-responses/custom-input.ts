import type { JsonObject } from "../../canonical/json.ts"
import type { ToolArguments } from "../../canonical/part.ts"
import { isObject, parseJson } from "../json-fields.ts"

// A custom tool takes free text. The function that stands for it takes that text as its one argument.

const NAME = "input"

/** The arguments of the function. */
export const argumentsOfInput = (input: string): JsonObject => ({ [NAME]: input })

/** JSON Schema of those arguments. `description` tells the model what the text must be. */
export const inputSchema = (description: string): JsonObject => ({
  type: "object",
  properties: { [NAME]: { type: "string", description } },
  required: [NAME],
  additionalProperties: false
})

/**
 * The text in the arguments of a call. Arguments that were cut inside of it give what there is of it; arguments that do
 * not hold it are given as they are.
 */
export const inputOfArguments = (passed: ToolArguments): string => {
  const values = typeof passed === "string" ? parseJson(passed) : passed
  const input = isObject(values) ? values[NAME] : undefined
  if (typeof input === "string") return input
  if (typeof passed !== "string") return JSON.stringify(passed)
  const reader = makeInputReader()
  const text = reader.push(passed)
  return values === undefined && reader.found() ? text : passed
}

/** Reads the text out of the JSON of the arguments while the model writes it. */
export interface InputReader {
  /** Takes more JSON, cut anywhere, and gives what is new of the text: whole characters, or nothing. */
  readonly push: (json: string) => string
  /** Whether the beginning of the text has been seen. */
  readonly found: () => boolean
}

const OPENING = new RegExp(`^\\s*\\{\\s*"${NAME}"\\s*:\\s*"`)

export const makeInputReader = (): InputReader => {
  let unread = ""
  let state: "before" | "inside" | "after" = "before"

  return {
    push: (json) => {
      if (state === "after") return ""
      unread += json
      if (state === "before") {
        const opening = OPENING.exec(unread)
        if (opening === null) return ""
        unread = unread.slice(opening[0].length)
        state = "inside"
      }
      const end = endOfWhole(unread)
      const whole = unread.slice(0, end)
      unread = unread.slice(end)
      if (unread.startsWith(`"`)) state = "after"
      return unescaped(whole)
    },
    found: () => state !== "before"
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Where the inside of a JSON string ends, or the part of it in which no escape is cut. */
const endOfWhole = (text: string): number => {
  let at = 0
  while (at < text.length) {
    const unit = text.charCodeAt(at)
    if (unit === QUOTE) return at
    const length = unit === BACKSLASH ? lengthOfEscape(text, at) : 1
    if (at + length > text.length) return at
    at += length
  }
  return at
}

/** Characters of the escape at a place; both halves of a surrogate pair are one. */
const lengthOfEscape = (text: string, at: number): number => {
  if (text[at + 1] !== "u") return 2
  const unit = Number.parseInt(text.slice(at + 2, at + 6), 16)
  return unit >= 0xd800 && unit <= 0xdbff ? 12 : 6
}

/** What the inside of a JSON string says; as it is when that is malformed, such as by a line break. */
const unescaped = (text: string): string => {
  if (text === "") return text
  const value = parseJson(`"${text}"`)
  return typeof value === "string" ? value : text
}
