import { sign, signedContent } from "../signing.ts"
import type { Findings } from "../violation.ts"
import type { Turn } from "./gemini-turns.ts"

/** The signature that goes with a part of an answer. */
export const thoughtSignature = (content: string): string => sign("gemini", content)

const WORDS = ["context_engineering_is_the_way_to_go", "skip_thought_signature_validator"]

/**
 * What may stand in for a signature that nobody has, such as in a history of another model: words, or their bytes as
 * Google's SDKs send them.
 * Source: https://ai.google.dev/gemini-api/docs/thought-signatures (FAQ)
 */
const STAND_INS = new Set([...WORDS, ...WORDS.map((words) => Buffer.from(words).toString("base64"))])

/** Base64 of either alphabet, as JSON of protocol buffers may have it. */
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/

const isQuestion = ({ role, parts }: Turn): boolean =>
  role !== "model" && parts.some(({ functionResponse }) => functionResponse === undefined)

/**
 * Signatures are this provider's own, unaltered; and from Gemini 3 on, the first call of each step of the turn that is
 * under way must have one.
 */
export const checkSignatures = (turns: ReadonlyArray<Turn>, model: string, { report }: Findings): void => {
  const asked = turns.findLastIndex(isQuestion)
  turns.forEach(({ role, parts, at: content }, at) => {
    parts.forEach(({ thoughtSignature: signature }, index) => {
      const path = ["contents", content, "parts", index, "thought_signature"]
      if (signature === undefined || STAND_INS.has(signature)) return
      if (!BASE64.test(signature)) report(path, "Base64 decoding failed (TYPE_BYTES)")
      else if (signedContent("gemini", signature) === undefined) report([], "Corrupted thought signature.")
    })
    if (role !== "model" || at < asked || !model.startsWith("gemini-3")) return
    const first = parts.findIndex(({ functionCall }) => functionCall !== undefined)
    const call = parts[first]
    if (call === undefined || call.thoughtSignature !== undefined) return
    report(
      [],
      "Function call is missing a thought_signature in functionCall parts. This is required for tools to work " +
        "correctly, and missing thought_signature may lead to degraded model performance. Additional data, function " +
        `call \`default_api:${call.functionCall?.name}\`, position ${first + 1}.`
    )
  })
}
