import { isObject, parseJson } from "../codecs/json-fields.ts"
import { clientCodec, providerCodec } from "./codecs.ts"

/**
 * An answer to a question for the number of tokens, from one protocol's words to another's. What is not understood goes
 * on as it is.
 */
export const translateTokenCount = (from: string, to: string, body: Uint8Array): Uint8Array => {
  const provider = providerCodec(from)
  const client = clientCodec(to)
  if (from === to || provider === undefined || client === undefined) return body
  const json = parseJson(Buffer.from(body.buffer, body.byteOffset, body.length).toString())
  const inputTokens = isObject(json) ? provider.decodeTokenCount(json) : undefined
  return inputTokens === undefined ? body : Buffer.from(JSON.stringify(client.encodeTokenCount({ inputTokens })))
}
