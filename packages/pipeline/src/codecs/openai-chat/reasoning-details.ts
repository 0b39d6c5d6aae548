import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { ReasoningPart, Signature } from "../../canonical/part.ts"
import { listOr, objectOr, textOr } from "../json-fields.ts"
import { carriedSignature, carrySignature } from "../signature-carrier.ts"
import { keptFields } from "./kept-fields.ts"

/*
 * Where chat completions have thoughts. OpenAI's own API shows none; its followers agreed on two forms, and messages of
 * both directions have them:
 *
 * - `reasoning_content` (DeepSeek) or `reasoning` (OpenRouter, Groq, vLLM): the text alone;
 * - `reasoning_details` (OpenRouter, https://openrouter.ai/docs/guides/best-practices/reasoning-tokens): a list of
 *   `reasoning.text` with `text` and `signature`, `reasoning.summary` with `summary`, and `reasoning.encrypted` with
 *   `data`.
 */
const DETAIL_FIELDS = new Set(["text", "signature", "data", "index"])
const PLAIN_DETAIL_FIELDS = new Set([...DETAIL_FIELDS, "type"])

/** The text of thoughts in a message or a delta, whichever of its two names it has. */
export const reasoningText = (message: JsonObject): string =>
  textOr(message["reasoning_content"]) || textOr(message["reasoning"])

/** The thoughts in a message. Details say more than the text, and repeat it. */
export const decodeReasoning = (message: JsonObject): Array<ReasoningPart> => {
  const text = reasoningText(message)
  const details = listOr(message["reasoning_details"])
  if (details.length === 0) return text === "" ? [] : [{ type: "reasoning", text }]
  const parts: Array<ReasoningPart> = []
  for (const detail of details) {
    const part = decodeDetail(objectOr(detail))
    if (part !== undefined) parts.push(part)
  }
  if (text !== "" && parts.every((part) => part.text === "")) parts.unshift({ type: "reasoning", text })
  return parts
}

const signatureOf = (value: unknown): Signature | undefined => {
  const text = textOr(value)
  return text === "" ? undefined : carriedSignature(text, "openai")
}

/** One entry of `reasoning_details`; `undefined` when it says nothing. */
export const decodeDetail = (detail: JsonObject): ReasoningPart | undefined => {
  const text = textOr(detail["text"]) || textOr(detail["summary"])
  const signature = signatureOf(detail["signature"])
  const redacted = signatureOf(detail["data"])
  if (text === "" && signature === undefined && redacted === undefined) return undefined
  const plain = detail["type"] === (redacted === undefined ? "reasoning.text" : "reasoning.encrypted")
  return {
    type: "reasoning",
    text,
    signature,
    redacted,
    extensions: keptFields(detail, plain ? PLAIN_DETAIL_FIELDS : DETAIL_FIELDS)
  }
}

/** One entry of `reasoning_details` for a client, or for the provider that issued what is in it. */
export const encodeDetail = (part: ReasoningPart, index: number): JsonObject => {
  const kept = extensionsFor("openai", part.extensions)
  if (part.redacted !== undefined) {
    return { type: "reasoning.encrypted", data: carrySignature(part.redacted, "openai"), ...kept, index }
  }
  const signature = part.signature === undefined ? undefined : carrySignature(part.signature, "openai")
  // What had a `summary` keeps it among the kept fields, with its type.
  const text = kept?.["summary"] === undefined ? part.text : undefined
  return { type: "reasoning.text", text, signature, ...kept, index }
}

/** The fields of a message that hold thoughts, with `between` between their texts. Text alone needs no details. */
export const encodeReasoning = (parts: ReadonlyArray<ReasoningPart>, between = ""): JsonObject => {
  if (parts.length === 0) return {}
  const details = parts.filter(
    (part) =>
      part.signature !== undefined ||
      part.redacted !== undefined ||
      extensionsFor("openai", part.extensions) !== undefined
  )
  const text = parts
    .map((part) => part.text)
    .filter((one) => one !== "")
    .join(between)
  return {
    ...(text === "" ? undefined : { reasoning_content: text }),
    reasoning_details: details.length === 0 ? undefined : details.map(encodeDetail)
  }
}

/**
 * The fields of a message that hold thoughts for a provider of this protocol: the text for all, and as details what it
 * issued itself. Others' signatures are left out, and so is what is neither read nor proven.
 */
export const encodeReasoningForProvider = (parts: ReadonlyArray<ReasoningPart>): JsonObject =>
  encodeReasoning(
    parts
      .map((part) =>
        isForeign(part.signature) || isForeign(part.redacted)
          ? { ...part, signature: undefined, redacted: undefined }
          : part
      )
      .filter((part) => part.redacted !== undefined || /\S/.test(part.text)),
    "\n\n"
  )

const isForeign = (signature: Signature | undefined): boolean =>
  signature !== undefined && signature.issuer !== "openai"
