import { Redacted } from "effect"

/** Shorter "keys" are placeholders such as `x`; replacing them would only garble the text. */
const SHORTEST_SECRET = 4

/** `text` with every occurrence of the key replaced by `[redacted]`: providers like to quote the key that they refuse. */
export const redactKey = (text: string, key: Redacted.Redacted): string => {
  const secret = Redacted.value(key)
  return secret.length < SHORTEST_SECRET ? text : text.replaceAll(secret, "[redacted]")
}
