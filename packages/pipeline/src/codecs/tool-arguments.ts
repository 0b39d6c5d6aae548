import type { JsonObject } from "../canonical/json.ts"
import type { ToolArguments } from "../canonical/part.ts"
import { parseExact } from "./exact-json.ts"
import { isObject, parseJson } from "./json-fields.ts"

/**
 * Arguments as the object that Claude and Gemini ask for. An empty text is no arguments. A text that breaks off is closed
 * where it ends. Anything else is not lost: it becomes `{"malformed_arguments": text}`.
 */
export const argumentsObject = (given: ToolArguments): JsonObject => {
  if (typeof given !== "string") return given
  if (given.trim() === "") return {}
  const parsed = parseExact(given) ?? parseExact(closeJson(given) ?? "")
  return isObject(parsed) ? parsed : { malformed_arguments: given }
}

/** The same as JSON text. What is the text of an object already stays as it is. */
export const argumentsText = (given: ToolArguments): string =>
  typeof given === "string" && isObject(parseJson(given)) ? given : JSON.stringify(argumentsObject(given))

/**
 * Completes an object's JSON text that was cut: closes the text, the arrays and the objects that are open, and drops a
 * key, a literal or an escape that was just begun. `undefined` when the text is no begun object, or is none that was cut.
 */
const closeJson = (text: string): string | undefined => {
  const json = text.trim()
  if (!json.startsWith("{")) return undefined
  const closers: Array<string> = []
  let inText = false
  /** Where the last escape begins, and where what is not sure to be whole begins. */
  let escape = 0
  let unsure = 0
  for (let at = 0; at < json.length; at++) {
    const char = json[at]
    if (inText) {
      if (char === "\\") escape = at++
      else if (char === '"') inText = false
      continue
    }
    if (char === '"') inText = true
    else if (char === ",") unsure = at
    else if (char === "{" || char === "[") {
      closers.push(char === "{" ? "}" : "]")
      unsure = at + 1
    } else if (char === "}" || char === "]") {
      if (closers.pop() !== char) return undefined
      unsure = at + 1
    }
  }
  if (closers.length === 0) return undefined
  const end = closers.toReversed().join("")
  const closed = inText ? `${json.slice(0, endOfText(json, escape))}"${end}` : json + end
  return parseJson(closed) === undefined ? json.slice(0, unsure) + end : closed
}

/** Where a text that was cut ends, without half of the escape that begins at `escape`. */
const endOfText = (json: string, escape: number): number => {
  const length = json[escape + 1] === "u" ? "\\uffff".length : "\\n".length
  return json[escape] === "\\" && escape + length > json.length ? escape : json.length
}
