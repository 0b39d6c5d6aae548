/** Where a text stops being JSON. Line and column count from 1, the column in UTF-16 units. */
export interface JsonSyntaxError {
  readonly line: number
  readonly column: number
  /** What would have been right there. */
  readonly expected: string
}

const whitespace = /[ \t\n\r]*/y
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const literal = /true|false|null/y
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

/** Runs a sticky expression at `offset`; gives the offset after the match, or -1. */
const after = (expression: RegExp, text: string, offset: number): number => {
  expression.lastIndex = offset
  return expression.test(text) ? expression.lastIndex : -1
}

/** Scans a string literal that starts at `offset`. Gives the offset after it, or `~offset` of what is wrong. */
const afterString = (text: string, offset: number): number => {
  let index = offset + 1
  while (index < text.length) {
    const unit = text.charCodeAt(index)
    if (unit === 0x22) return index + 1
    if (unit < 0x20) return ~index
    if (unit === 0x5c) {
      const next = after(escape, text, index)
      if (next < 0) return ~index
      index = next
    } else index += 1
  }
  return ~index
}

/**
 * Finds the first place where a text breaks the grammar of JSON (RFC 8259); `undefined` when it does not.
 *
 * `JSON.parse` tells the position only in some of its messages. This runs only after `JSON.parse` has failed.
 */
export const findJsonSyntaxError = (text: string): JsonSyntaxError | undefined => {
  const at = (offset: number, expected: string): JsonSyntaxError => {
    const before = text.slice(0, offset)
    const lineStart = before.lastIndexOf("\n") + 1
    return { line: before.split("\n").length, column: offset - lineStart + 1, expected }
  }
  const open: Array<"{" | "["> = []
  let state: "value" | "value or ]" | "key" | "key or }" | "colon" | "after" = "value"
  let offset = 0
  for (;;) {
    offset = after(whitespace, text, offset)
    const character = text[offset]
    const inside = open.at(-1)
    if (state === "after") {
      if (inside === undefined) return character === undefined ? undefined : at(offset, "the end of the text")
      const close = inside === "{" ? "}" : "]"
      if (character === close) open.pop()
      else if (character === ",") state = inside === "{" ? "key" : "value"
      else return at(offset, `"," or "${close}"`)
      offset += 1
    } else if (state === "colon") {
      if (character !== ":") return at(offset, `":"`)
      state = "value"
      offset += 1
    } else if (state === "key" || state === "key or }") {
      if (character === "}" && state === "key or }") {
        open.pop()
        state = "after"
        offset += 1
      } else if (character === `"`) {
        const next = afterString(text, offset)
        if (next < 0) return at(~next, "the rest of a string")
        offset = next
        state = "colon"
      } else
        return at(
          offset,
          state === "key" ? "a property name in double quotes" : `a property name in double quotes or "}"`
        )
    } else if (character === "]" && state === "value or ]") {
      open.pop()
      state = "after"
      offset += 1
    } else if (character === "{" || character === "[") {
      open.push(character)
      state = character === "{" ? "key or }" : "value or ]"
      offset += 1
    } else {
      if (character === `"`) {
        const next = afterString(text, offset)
        if (next < 0) return at(~next, "the rest of a string")
        offset = next
      } else {
        const next = Math.max(after(number, text, offset), after(literal, text, offset))
        if (next < 0) return at(offset, "a value")
        offset = next
      }
      state = "after"
    }
  }
}
