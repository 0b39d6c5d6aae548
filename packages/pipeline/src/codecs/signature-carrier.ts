import type { ProtocolName } from "../canonical/extensions.ts"
import type { Signature } from "../canonical/part.ts"

/** Begins a signature that travels through a protocol other than its issuer's. Nine bytes: three groups of base64. */
const MARK = "cliproxy."
const ENCODED_MARK = Buffer.from(MARK).toString("base64")

const ISSUERS: ReadonlySet<string> = new Set<ProtocolName>(["openai", "openai-response", "claude", "gemini"])

const isIssuer = (text: string): text is ProtocolName => ISSUERS.has(text)

/**
 * A signature as text for a field of `protocol` that a client sends back untouched: the issuer's own bytes when the
 * protocol is the issuer's, else marked with who issued it, so that it is never shown to another provider. Always
 * base64, since some clients read such fields as bytes.
 */
export const carrySignature = ({ issuer, value }: Signature, protocol: ProtocolName): string =>
  issuer === protocol ? value : Buffer.from(`${MARK}${issuer}.${value}`).toString("base64")

/** Reads what `carrySignature` wrote for the same protocol. A text without a mark was issued by the protocol's provider. */
export const carriedSignature = (text: string, protocol: ProtocolName): Signature => {
  if (text.startsWith(ENCODED_MARK)) {
    const marked = Buffer.from(text, "base64").toString()
    const end = marked.indexOf(".", MARK.length)
    const issuer = marked.slice(MARK.length, end)
    if (end > 0 && isIssuer(issuer)) return { issuer, value: marked.slice(end + 1) }
  }
  return { issuer: protocol, value: text }
}
