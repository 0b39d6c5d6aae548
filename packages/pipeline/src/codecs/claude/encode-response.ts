import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { Part, ReasoningPart } from "../../canonical/part.ts"
import type { CanonicalResponse } from "../../canonical/response.ts"
import type { TranslationContext } from "../codec.ts"
import { objectOr, textOr } from "../json-fields.ts"
import { carriedSignature, carrySignature } from "../signature-carrier.ts"
import { argumentsObject } from "../tool-arguments.ts"
import { carryCallSignature } from "./call-signature.ts"
import { citationFields } from "./citations.ts"
import { encodeStopReason } from "./stop-reason.ts"
import { encodeUsage } from "./usage.ts"

/** The ID of a message, made when the provider gave none. */
export const messageId = (id: string, context: TranslationContext): string =>
  id === "" ? `msg_${context.newId()}` : id

/** A whole answer as a message. Of several answers it is the first: Claude knows one. */
export const encodeResponse = (response: CanonicalResponse, context: TranslationContext): JsonObject => {
  const choice = response.choices[0]
  const content: Array<JsonObject> = []
  for (const part of choice?.parts ?? []) encodePart(part, content)
  while (isLoneSignature(content.at(-1))) content.pop()
  const hasCalls = content.some((block) => block["type"] === "tool_use")
  const { usage: usageRest, ...messageRest } = extensionsFor("claude", response.extensions) ?? {}
  const stop = extensionsFor("claude", choice?.extensions)
  return {
    id: messageId(response.id, context),
    type: "message",
    role: "assistant",
    model: response.model === "" ? context.request.model : response.model,
    content,
    stop_reason: stop?.["stop_reason"] ?? encodeStopReason(choice?.stopReason, hasCalls),
    stop_sequence: choice?.stopSequence ?? null,
    stop_details: stop?.["stop_details"] ?? null,
    usage: Object.assign(
      encodeUsage(response.usage, context.estimatedInputTokens),
      serviceTier(response.serviceTier),
      objectOr(usageRest)
    ),
    ...messageRest
  }
}

const TIERS: ReadonlySet<string> = new Set(["standard", "priority", "batch"])

/** The tier for `usage`, when it is one of Claude's. */
export const serviceTier = (tier: string | undefined): JsonObject =>
  tier !== undefined && TIERS.has(tier) ? { service_tier: tier } : {}

/**
 * Whether a block is nothing but another provider's signature. None is left at the end of an answer, where Claude itself has
 * no empty thought: there are clients that show the last block alone, and Gemini, which signs the end of its texts, does
 * not ask for that signature again.
 */
const isLoneSignature = (block: JsonObject | undefined): boolean =>
  block?.["type"] === "thinking" &&
  block["thinking"] === "" &&
  carriedSignature(textOr(block["signature"]), "claude").issuer !== "claude"

const encodePart = (part: Part, content: Array<JsonObject>): void => {
  switch (part.type) {
    case "text":
      // Clients send back what they got, and the API refuses blocks without text.
      if (part.text !== "") {
        const fields = extensionsFor("claude", part.extensions)
        content.push({ type: "text", text: part.text, ...citationFields(part.citations), ...fields })
      }
      break
    case "refusal":
      if (part.text !== "") content.push({ type: "text", text: part.text })
      break
    case "reasoning":
      encodeThought(part, content)
      break
    case "tool_call":
      if (part.signature !== undefined && part.signature.issuer !== "claude") {
        content.push({ type: "thinking", thinking: "", signature: carryCallSignature(part.id, part.signature) })
      }
      content.push({
        type: "tool_use",
        id: part.id,
        name: part.name,
        input: argumentsObject(part.arguments),
        ...extensionsFor("claude", part.extensions)
      })
      break
    case "foreign":
      if (part.protocol === "claude") content.push(part.value)
      break
    default:
  }
}

const encodeThought = (part: ReasoningPart, content: Array<JsonObject>): void => {
  const { redacted, signature, text } = part
  if (text !== "" || signature !== undefined) {
    const signed = signature === undefined ? "" : carrySignature(signature, "claude")
    content.push({ type: "thinking", thinking: text, signature: signed, ...extensionsFor("claude", part.extensions) })
  }
  if (redacted !== undefined) content.push({ type: "redacted_thinking", data: carrySignature(redacted, "claude") })
}
