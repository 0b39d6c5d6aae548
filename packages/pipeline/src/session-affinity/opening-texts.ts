import { isObject } from "../codecs/json-fields.ts"

/** Characters of each text that count. */
const LENGTH = 100

/**
 * How a conversation began: the first characters of its instructions and of its first user message, in any client's
 * protocol. It stays the same from turn to turn. Empty when there is no user message.
 */
export const openingTexts = (json: Readonly<Record<string, unknown>>): string => {
  const { contents, input, instructions, messages, system, systemInstruction, system_instruction } = json
  const turns = [messages, contents, input].find(Array.isArray) ?? []
  const first = typeof input === "string" ? input : textOf(turnOf(turns, ["user", undefined]))
  if (first === "") return ""
  const said = [system, instructions, systemInstruction, system_instruction].find((value) => value !== undefined)
  const rules = textOf(said ?? turnOf(turns, ["system", "developer"]))
  return JSON.stringify([rules.slice(0, LENGTH), first.slice(0, LENGTH)])
}

/** The first turn of one of these roles. Gemini's turns may be without one: they are the user's. */
const turnOf = (turns: ReadonlyArray<unknown>, roles: ReadonlyArray<string | undefined>): unknown =>
  turns.find((turn) => isObject(turn) && roles.some((role) => turn["role"] === role))

/** The first text in a message, in a list of parts, or in a part. */
const textOf = (value: unknown, depth = 0): string => {
  if (typeof value === "string") return value
  if (depth > 4) return ""
  if (Array.isArray(value)) {
    for (const one of value) {
      const text = textOf(one, depth + 1)
      if (text !== "") return text
    }
    return ""
  }
  if (!isObject(value)) return ""
  const { content, parts, text } = value
  return textOf(text ?? content ?? parts, depth + 1)
}
