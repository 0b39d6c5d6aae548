import type { Extensions } from "../../canonical/extensions.ts"
import type { Part } from "../../canonical/part.ts"
import type { ThoughtSignature } from "./carried-signature.ts"

// A streamed answer is many small parts: what a model wrote in one go is put together again, and signatures, which may
// come in a part of their own, go where they belong.

/** Adds text. With `join`, it goes on the text before it. An empty text adds nothing. */
export const addText = (parts: Array<Part>, text: string, extensions: Extensions | undefined, join: boolean): void => {
  if (text === "") return
  const last = parts.at(-1)
  if (join && extensions === undefined && last?.type === "text" && last.extensions === undefined) {
    parts[parts.length - 1] = { type: "text", text: last.text + text }
  } else parts.push({ type: "text", text, extensions })
}

/** Adds a thought, or more of the one before it, if nothing has ended that: a signature does. */
export const addThought = (
  parts: Array<Part>,
  text: string,
  signature: ThoughtSignature | undefined,
  extensions: Extensions | undefined
): void => {
  const last = parts.at(-1)
  const goesOn =
    extensions === undefined &&
    last?.type === "reasoning" &&
    last.signature === undefined &&
    last.redacted === undefined &&
    signature?.redacted === undefined
  if (goesOn) {
    const { signature: proof } = signature ?? {}
    parts[parts.length - 1] = { ...last, text: last.text + text, signature: proof }
  } else if (text !== "" || signature !== undefined) parts.push({ type: "reasoning", text, ...signature, extensions })
}

/**
 * Adds text that has a signature. The signature becomes a reasoning without words after the text, or proves the thought
 * before it when there is no text: so it reaches clients of protocols whose texts have none, and comes back from them.
 */
export const addSignedText = (
  parts: Array<Part>,
  text: string,
  signature: ThoughtSignature,
  extensions: Extensions | undefined
): void => {
  addText(parts, text, extensions, true)
  addThought(parts, "", signature, undefined)
}
