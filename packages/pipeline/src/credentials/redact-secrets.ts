import { isSecretKey } from "@cliproxy/abi"
import { Redacted } from "effect"

import type { Credential } from "./credentials.ts"

/**
 * Replaces every secret of a credential in a text by `[redacted]`: providers and proxies like to quote what they refuse.
 * `cut`: the text may end in the middle of one, and its beginning is taken out as well.
 */
export type Redact = (text: string, cut?: boolean) => string

/** Shorter ones are placeholders such as `x`; replacing them would only garble the text. */
const SHORTEST_SECRET = 4

/** What nobody calls a secret has to be as long as one: `true`, `json` and `beta` stay readable. */
const SHORTEST_UNNAMED = 8

/** Headers and parameters that say who and what we are, or which version is spoken. Errors are about them. */
const PUBLIC_NAMES = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "alt",
  "anthropic-beta",
  "anthropic-version",
  "api-version",
  "content-type",
  "http-referer",
  "openai-beta",
  "user-agent",
  "version",
  "x-title"
])

/**
 * What takes the secrets of a credential out of texts: its key, the values in the query of its base URL and in its
 * headers, and what its proxy's URL says of a user. They are looked up with the first text, so that making it is free.
 */
export const redactorOf = (credential: Pick<Credential, "baseQuery" | "headers" | "key" | "proxyUrl">): Redact => {
  let secrets: ReadonlyArray<string> | undefined
  return (text, cut = false) => {
    secrets ??= secretsOf(credential)
    let redacted = text
    for (const secret of secrets) redacted = redacted.replaceAll(secret, REDACTED)
    return cut ? withoutBeginning(redacted, secrets) : redacted
  }
}

const REDACTED = "[redacted]"

/** `text` without the beginning of a secret at its end. */
const withoutBeginning = (text: string, secrets: ReadonlyArray<string>): string => {
  for (const secret of secrets) {
    for (let length = Math.min(secret.length - 1, text.length); length >= SHORTEST_SECRET; length--) {
      if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length) + REDACTED
    }
  }
  return text
}

/** The longest first, since one may hold another. */
const secretsOf = ({
  baseQuery,
  headers,
  key,
  proxyUrl
}: Pick<Credential, "baseQuery" | "headers" | "key" | "proxyUrl">): ReadonlyArray<string> => {
  const found = new Set<string>()
  const add = (secret: string, shortest = SHORTEST_SECRET): void => {
    if (secret.length < shortest) return
    // As it is, as JSON has it, and as URLs have it.
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())]) {
      found.add(form)
    }
  }
  const addNamed = (name: string, value: string): void => {
    if (!PUBLIC_NAMES.has(name)) add(value, isSecretKey(name) || name === "key" ? SHORTEST_SECRET : SHORTEST_UNNAMED)
  }

  add(Redacted.value(key))
  for (const parameter of Redacted.value(baseQuery).split("&")) {
    const [name = "", value = ""] = [...new URLSearchParams(parameter)][0] ?? []
    addNamed(name.toLowerCase(), value)
    // Spelled as the operator did.
    addNamed(name.toLowerCase(), parameter.slice(parameter.indexOf("=") + 1))
  }
  const flat = Redacted.value(headers)
  for (let index = 0; index + 1 < flat.length; index += 2) {
    // The scheme of an `Authorization` is none of the secret.
    addNamed(flat[index] ?? "", (flat[index + 1] ?? "").replace(/^(?:basic|bearer|token) +/i, ""))
  }
  const proxy = proxyUrl === undefined ? null : URL.parse(Redacted.value(proxyUrl))
  for (const part of [proxy?.password ?? "", decoded(proxy?.password ?? "")]) add(part)
  for (const part of [proxy?.username ?? "", decoded(proxy?.username ?? "")]) add(part, SHORTEST_UNNAMED)
  return [...found].toSorted((a, b) => b.length - a.length)
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
