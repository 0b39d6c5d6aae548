import type { JsonObject } from "../../canonical/json.ts"
import type { ForeignPart, Part, Signature, ToolArguments } from "../../canonical/part.ts"
import type { StartedPart } from "../../canonical/stream-event.ts"
import { isObject, objectOr, textOr } from "../json-fields.ts"
import { carriedSignature, carrySignature } from "../signature-carrier.ts"

/** Fields of a tool call that the canonical part, or its place in a list, holds. */
export const CALL_FIELDS: ReadonlySet<string> = new Set(["id", "type", "function", "index", "extra_content"])

/** Arguments are JSON text by the reference; some servers and clients send the object. */
export const argumentsOf = (value: unknown): ToolArguments => (isObject(value) ? value : textOr(value))

/**
 * Gemini's signature of a tool call, where Google's OpenAI-compatible endpoint has it.
 * Source: https://ai.google.dev/gemini-api/docs/thought-signatures, OpenAI compatibility.
 */
export const callSignature = (call: JsonObject): Signature | undefined => {
  const google = objectOr(objectOr(call["extra_content"])["google"])
  const text = textOr(google["thought_signature"])
  return text === "" ? undefined : carriedSignature(text, "gemini")
}

/** What `callSignature` reads. */
export const extraContentOf = (signature: Signature): JsonObject => ({
  google: { thought_signature: carrySignature(signature, "gemini") }
})

/** An ID for a call that no call before it in the same answer has: some servers give all of them the same. */
export const uniqueCallId = (id: string, before: ReadonlySet<string>): string =>
  before.has(id) ? `${id}_${before.size}` : id

/** A call of a tool that is no function. Source: https://platform.openai.com/docs/guides/function-calling, custom tools. */
export const isCustomCall = (part: Part | StartedPart): part is ForeignPart =>
  part.type === "foreign" && part.protocol === "openai" && isObject(part.value["custom"])
