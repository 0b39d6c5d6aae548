import type { Signature } from "../../canonical/part.ts"
import { carriedSignature, carrySignature } from "../signature-carrier.ts"

/**
 * What `encrypted_content` of a reasoning item stands for.
 *
 * Clients that keep no state at the provider send this field back as they got it, so it is where other providers' proofs
 * travel. Source: https://platform.openai.com/docs/guides/reasoning, "Encrypted reasoning items".
 */
export type CarriedProof =
  /** Proof of the text in the item's summary. */
  | { readonly of: "reasoning"; readonly signature: Signature }
  /** Encrypted thought in place of a text. */
  | { readonly of: "redacted"; readonly value: Signature }
  /** Proof of a tool call: function calls have no field for it, so that a reasoning item of its own holds it. */
  | { readonly of: "call"; readonly callId: string; readonly signature: Signature }

// Signatures are base64, which has no colon.
const REDACTED = "redacted:"
const CALL = "call:"

const marked = ({ issuer, value }: Signature, mark: string): string =>
  carrySignature({ issuer, value: issuer === "openai-response" ? value : `${mark}${value}` }, "openai-response")

/** `encrypted_content` for a reasoning with a signature. */
export const carryReasoning = (signature: Signature): string => marked(signature, "")

/** `encrypted_content` for a reasoning that is encrypted. */
export const carryRedacted = (value: Signature): string => marked(value, REDACTED)

/** `encrypted_content` of the reasoning item that holds the signature of the tool call `callId`. */
export const carryCall = (callId: string, signature: Signature): string =>
  marked(signature, `${CALL}${callId.length}:${callId}`)

/** Reads an `encrypted_content`. One without our mark is OpenAI's own. */
export const carriedProof = (text: string): CarriedProof => {
  const signature = carriedSignature(text, "openai-response")
  const { issuer, value } = signature
  if (issuer === "openai-response") return { of: "reasoning", signature }
  if (value.startsWith(REDACTED)) return { of: "redacted", value: { issuer, value: value.slice(REDACTED.length) } }
  if (value.startsWith(CALL)) {
    const colon = value.indexOf(":", CALL.length)
    const end = colon + 1 + Number(value.slice(CALL.length, colon))
    if (colon > 0 && end <= value.length) {
      return { of: "call", callId: value.slice(colon + 1, end), signature: { issuer, value: value.slice(end) } }
    }
  }
  return { of: "reasoning", signature }
}
