import { storedJson, type StoredCredential } from "./stored-credential.ts"

/** Keys whose texts are secrets however short they are. */
const SECRET_KEY = /token|secret|password|cookie|session|credential|key$/i

/** Shorter texts under such a key are placeholders, and replacing them would only garble what is said. */
const SHORTEST_SECRET = 4

/** What is as long as this may be a secret under any key. */
const SHORTEST_SUSPECT = 20

/** Addresses of mail and of web pages tell people which account and which service it is about. */
const SHOWN = /^(https?:\/\/[^@]*|[^\s@/]+@[^\s@/]+)$/i

/** `text` with the stored secrets of the credential replaced: token services like to quote the token that they refuse. */
export const redactCredential = (
  text: string,
  credential: Pick<StoredCredential, "storage" | "metadata" | "provider">
): string => {
  // The longest first: one may be part of another.
  const secrets = [...secretsIn(storedJson(credential))].toSorted((a, b) => b.length - a.length)
  let redacted = text
  for (const secret of secrets) redacted = redacted.replaceAll(secret, "[redacted]")
  return redacted
}

const secretsIn = (json: object): ReadonlySet<string> => {
  const found = new Set<string>()
  const look = (value: unknown, isSecret: boolean): void => {
    if (typeof value === "string") {
      if (value.length >= (isSecret ? SHORTEST_SECRET : SHORTEST_SUSPECT) && !SHOWN.test(value)) found.add(value)
    } else if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value)) look(inner, isSecret || SECRET_KEY.test(key))
    }
  }
  look(json, false)
  return found
}
