import type { JsonObject } from "../../canonical/json.ts"
import { isObject, textOr } from "../json-fields.ts"

/**
 * Claude Code begins its instructions with a line for Anthropic's accounts, `x-anthropic-billing-header: …; cch=…;`. It
 * says nothing to a model, and differs from request to request, so that no provider but Anthropic finds the rest of the
 * prompt in its cache. Source: github.com/anthropics/claude-code/issues/68900.
 */
const ATTRIBUTION = /^x-anthropic-billing-header:[^\n]*\n?/

/** Instructions without that line. */
export const withoutAttribution = (text: string): string => text.replace(ATTRIBUTION, "")

const hasAttribution = (text: unknown): boolean => typeof text === "string" && ATTRIBUTION.test(text)

/** A body of a Claude client without that line; the same object when it has none. */
export const bodyWithoutAttribution = (body: JsonObject): JsonObject => {
  const { system } = body
  if (hasAttribution(system)) return { ...body, system: withoutAttribution(textOr(system)) }
  if (!Array.isArray(system) || !system.some((block) => isObject(block) && hasAttribution(block["text"]))) return body
  const kept = system
    .map((block: unknown) =>
      isObject(block) && hasAttribution(block["text"])
        ? { ...block, text: withoutAttribution(textOr(block["text"])) }
        : block
    )
    .filter((block) => !isObject(block) || block["text"] !== "")
  return { ...body, system: kept }
}
