import type { GenerateBody } from "./gemini-body.ts"

type Content = GenerateBody["contents"][number]

/** A turn: all that one side said before the other did. */
export interface Turn {
  readonly role: "user" | "model"
  readonly parts: Content["parts"]
  /** Index of the last content that is part of it. */
  readonly at: number
}

/**
 * Contents of one role that follow one another are one turn: chats of Google's own SDKs send a streamed answer back in
 * as many contents as it came in.
 */
export const turnsOf = (contents: ReadonlyArray<Content>): ReadonlyArray<Turn> => {
  const turns: Array<Turn> = []
  contents.forEach(({ role, parts }, at) => {
    const side = role === "model" ? "model" : "user"
    const last = turns.at(-1)
    if (last?.role === side) turns[turns.length - 1] = { role: side, parts: [...last.parts, ...parts], at }
    else turns.push({ role: side, parts, at })
  })
  return turns
}
