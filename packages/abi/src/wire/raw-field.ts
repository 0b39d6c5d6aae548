import { parseJson } from "./json-text.ts"

/** The place after the white space that begins at `from`. */
const afterSpace = (text: string, from: number): number => {
  let at = from
  while (/[ \t\r\n]/.test(text.charAt(at))) at++
  return at
}

/** The place after the text literal that begins at `from`. */
const afterString = (text: string, from: number): number => {
  let at = from + 1
  while (text.charAt(at) !== '"') at += text.charAt(at) === "\\" ? 2 : 1
  return at + 1
}

/** The place after the value that begins at `from`. */
const afterValue = (text: string, from: number): number => {
  let depth = 0
  for (let at = from; at < text.length;) {
    switch (text.charAt(at)) {
      case '"':
        at = afterString(text, at)
        break
      case "{":
      case "[":
        depth++
        at++
        break
      case "}":
      case "]":
        if (depth === 0) return at
        depth--
        at++
        break
      default:
        if (depth === 0 && /[, \t\r\n]/.test(text.charAt(at))) return at
        at++
        continue
    }
    if (depth === 0) return at
  }
  return text.length
}

/**
 * The text of one field of a JSON object as its writer wrote it, with its spaces and with numbers that JavaScript cannot
 * hold: for messages whose content is stored as given, such as `json` of `host.auth.save`. Names match in any case and
 * the last one counts, as when the message is read. `undefined`: the bytes are no JSON object, or have no such field.
 */
export const rawJsonField = (bytes: Uint8Array, field: string): string | undefined => {
  const parsed = parseJson(bytes)
  if (parsed._tag === "NotJson") return undefined
  const text = new TextDecoder().decode(bytes)
  let at = afterSpace(text, 0)
  if (text.charAt(at) !== "{") return undefined
  let found: string | undefined
  at = afterSpace(text, at + 1)
  while (text.charAt(at) !== "}") {
    const nameEnd = afterString(text, at)
    const name: unknown = JSON.parse(text.slice(at, nameEnd))
    // Behind the name stands a colon, behind the value a comma or the end: the whole is valid JSON.
    const start = afterSpace(text, afterSpace(text, nameEnd) + 1)
    const end = afterValue(text, start)
    if (String(name).toLowerCase() === field.toLowerCase()) found = text.slice(start, end)
    at = afterSpace(text, end)
    if (text.charAt(at) === ",") at = afterSpace(text, at + 1)
  }
  return found
}
