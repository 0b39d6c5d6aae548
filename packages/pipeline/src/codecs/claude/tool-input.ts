import type { JsonObject } from "../../canonical/json.ts"
import type { ToolArguments } from "../../canonical/part.ts"
import { parseExact } from "../exact-json.ts"
import { isObject, parseJson } from "../json-fields.ts"

/** The field under which arguments that are no JSON object travel, so that nothing of them is lost. */
export const MALFORMED_ARGUMENTS = "malformed_arguments"

/**
 * Arguments of a call as the object that `tool_use.input` must be. No text is an empty object. A text that ends too
 * early is closed where it ends; a last field that closing does not complete is dropped. Anything else goes whole into
 * `malformed_arguments`.
 */
export const toolInput = (args: ToolArguments): JsonObject => {
  if (typeof args !== "string") return args
  if (args.trim() === "") return {}
  const parsed = parseExact(args) ?? parseCutJson(args)
  return isObject(parsed) ? parsed : { [MALFORMED_ARGUMENTS]: args }
}

/** The value of a JSON text that lacks its end; `undefined` when that is not what is wrong with it. */
const parseCutJson = (text: string): unknown => {
  let closers = ""
  let inText = false
  // Up to the last comma, what came before is complete.
  let wholeEnd = 0
  let wholeClosers = ""
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (inText) {
      if (char === "\\") at++
      else if (char === '"') inText = false
    } else if (char === '"') inText = true
    else if (char === "{" || char === "[") {
      closers = (char === "{" ? "}" : "]") + closers
      wholeEnd = at + 1
      wholeClosers = closers
    } else if (char === "}" || char === "]") {
      if (closers[0] !== char) return undefined
      closers = closers.slice(1)
    } else if (char === ",") {
      wholeEnd = at
      wholeClosers = closers
    }
  }
  if (closers === "") return undefined
  return parseJson(text + (inText ? '"' : "") + closers) ?? parseJson(text.slice(0, wholeEnd) + wholeClosers)
}
