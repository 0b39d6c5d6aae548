import type { Signature } from "../../canonical/part.ts"
import { carriedSignature, carrySignature } from "../signature-carrier.ts"

/** Begins the carried value of an encrypted thought: on this protocol's wire it has the same place as a signature. */
const REDACTED = "redacted."

/** What a `thoughtSignature` holds: proof of a thought, or, in place of its text, the encrypted thought of another provider. */
export interface ThoughtSignature {
  readonly signature?: Signature | undefined
  readonly redacted?: Signature | undefined
}

/** A signature for `thoughtSignature`: the bytes as they are when Gemini issued it, else in a carrier. */
export const encodeSignature = (signature: Signature): string => carrySignature(signature, "gemini")

/** An encrypted thought for `thoughtSignature`. */
export const encodeRedacted = ({ issuer, value }: Signature): string =>
  carrySignature({ issuer, value: REDACTED + value }, "gemini")

/** Reads what the two above wrote. A text without a carrier is a signature that Gemini issued. */
export const decodeSignature = (text: string): ThoughtSignature => {
  const signature = carriedSignature(text, "gemini")
  return signature.issuer !== "gemini" && signature.value.startsWith(REDACTED)
    ? { redacted: { issuer: signature.issuer, value: signature.value.slice(REDACTED.length) } }
    : { signature }
}
