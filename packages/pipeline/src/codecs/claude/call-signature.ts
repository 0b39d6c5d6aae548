import type { Signature } from "../../canonical/part.ts"
import { carriedSignature, carrySignature } from "../signature-carrier.ts"

/**
 * A tool call of another provider may be signed (Gemini, `thoughtSignature`), and `tool_use` has no field for it. Blocks
 * of thinking have one that clients must send back untouched. So the signature travels in an empty block of thinking
 * before its call, marked with the call's ID:
 *
 * `{"type":"thinking","thinking":"","signature":<carrier of "call:<ID in base64url>:<signature>">}`
 *
 * Reading a request takes the block away and signs the call again. Claude itself never sees it: what others signed is
 * dropped on the way to Claude.
 */
const MARK = "call:"

/** The signature of the call `id`, for the field `signature` of an empty block of thinking. */
export const carryCallSignature = (id: string, { issuer, value }: Signature): string =>
  carrySignature({ issuer, value: `${MARK}${Buffer.from(id).toString("base64url")}:${value}` }, "claude")

/** What the `signature` of a block of thinking says. */
export interface CarriedThought {
  readonly signature: Signature
  /** The call that the signature belongs to; `undefined` when it belongs to the thought. */
  readonly callId: string | undefined
}

/** Reads the `signature` of a block of thinking that a client sends. */
export const carriedThought = (text: string): CarriedThought => {
  const signature = carriedSignature(text, "claude")
  const { issuer, value } = signature
  if (issuer === "claude" || !value.startsWith(MARK)) return { signature, callId: undefined }
  const end = value.indexOf(":", MARK.length)
  if (end < 0) return { signature, callId: undefined }
  const callId = Buffer.from(value.slice(MARK.length, end), "base64url").toString()
  return { signature: { issuer, value: value.slice(end + 1) }, callId }
}
