import { Result } from "effect"

import type { JsonObject } from "../../canonical/json.ts"
import { isObject, listOr, objectOr } from "../json-fields.ts"
import { carriedSignature } from "../signature-carrier.ts"
import { decodeRequest } from "./decode-request.ts"
import { encodeRequest } from "./encode-request.ts"

/**
 * A request of a Gemini client that goes to Gemini, after another provider has spoken in the conversation: written anew,
 * without the other's signatures, which Gemini would refuse. Without such signatures it comes back as it is, the same
 * object; so does one that cannot be read, for Gemini to say what is wrong with it.
 */
export const fitHistory = (body: JsonObject, upstreamModel: string): JsonObject => {
  if (!listOr(body["contents"]).some(hasForeignSignature)) return body
  const decoded = decodeRequest(body, { model: upstreamModel, stream: false })
  if (Result.isFailure(decoded)) return body
  return encodeRequest(decoded.success, {
    request: decoded.success,
    upstreamModel,
    createdAt: 0,
    newId: () => "fitted",
    // Its names were fit for Gemini when the client wrote them.
    toolNames: new Map(),
    estimatedInputTokens: () => 0
  })
}

const hasForeignSignature = (content: unknown): boolean =>
  listOr(objectOr(content)["parts"]).some((part) => {
    if (!isObject(part)) return false
    const signature = part["thoughtSignature"] ?? part["thought_signature"]
    return typeof signature === "string" && carriedSignature(signature, "gemini").issuer !== "gemini"
  })
