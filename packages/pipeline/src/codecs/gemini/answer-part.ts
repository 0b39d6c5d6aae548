import type { JsonObject } from "../../canonical/json.ts"
import type { Signature } from "../../canonical/part.ts"
import { isObject } from "../json-fields.ts"

/** A part of an answer, as far as it is understood. */
export type AnswerPart =
  | { readonly kind: "text" | "thought"; readonly text: string; readonly signature: Signature | undefined }
  | {
      readonly kind: "call"
      readonly id: string | undefined
      readonly name: string
      readonly args: JsonObject
      readonly signature: Signature | undefined
    }
  /** What only this protocol has, and media, which a stream cannot tell otherwise. */
  | { readonly kind: "other"; readonly value: JsonObject }

/** Reads a part of a provider's answer; `undefined` for one that says nothing, or calls nothing by name. */
export const readAnswerPart = (part: unknown): AnswerPart | undefined => {
  if (!isObject(part)) return undefined
  const { text } = part
  const signature = signatureOf(part["thoughtSignature"])
  if (typeof text === "string") return { kind: part["thought"] === true ? "thought" : "text", text, signature }
  const call = part["functionCall"]
  if (isObject(call)) {
    const { args, id, name } = call
    if (typeof name !== "string" || name === "") return undefined
    return {
      kind: "call",
      id: typeof id === "string" && id !== "" ? id : undefined,
      name,
      args: isObject(args) ? args : {},
      signature
    }
  }
  if (Object.keys(part).every((key) => key === "thought" || key === "thoughtSignature")) {
    return { kind: "text", text: "", signature }
  }
  return { kind: "other", value: part }
}

const signatureOf = (value: unknown): Signature | undefined =>
  typeof value === "string" && value !== "" ? { issuer: "gemini", value } : undefined
