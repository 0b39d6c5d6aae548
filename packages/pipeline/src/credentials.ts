import { createHash } from "node:crypto"

import { authIndex } from "@cliproxy/abi"
import type { Candidate } from "@cliproxy/scheduler"
import { Redacted } from "effect"

import type { OpenAICompatibleProvider } from "./settings.ts"
import { USER_AGENT } from "./version.ts"

/** Hex digits of the hash in an unnamed credential's ID: 48 bits, far too few to find a key, enough to tell keys apart. */
const ID_DIGITS = 12

/** Headers that describe one connection or one body. They are ours to write, never the configuration's (RFC 9110, 7.6.1). */
const CONNECTION_HEADERS = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade"
])

/** One key of one provider, ready to be used. Its secret is in `key` and `headers` only. */
export interface Credential {
  /** What the scheduler and its plugins see. Holds nothing secret. */
  readonly candidate: Candidate
  /** 16 hex digits by which plugins name it. */
  readonly index: string
  /** The API key; the empty text for a provider that wants none. */
  readonly key: Redacted.Redacted
  /** Hash of base URL, key and headers: tells whether a named credential still is the same one after a reload. */
  readonly fingerprint: string
  /** Scheme, host and port, such as `https://api.example.com`; undefined when the base URL is not an HTTP URL. */
  readonly origin: string | undefined
  /** Path and query of the chat completions endpoint. */
  readonly chatPath: string
  /** Request headers as a flat list of lower-case names and values, without `accept`. Secret. */
  readonly headers: Redacted.Redacted<ReadonlyArray<string>>
}

/** IDs of the credentials of one provider, in the order of its keys. They hold nothing secret. */
export const credentialIds = (provider: OpenAICompatibleProvider): ReadonlyArray<string> =>
  credentialsOf([provider]).flatMap(([, credentials]) => credentials.map(({ candidate }) => candidate.id))

/**
 * Credentials of all providers, in the order of the configuration.
 *
 * The ID of a key is `<provider>/<name>` when it has a name, else `<provider>:<hash>`, so that it stays the same when
 * other keys are added, removed or reordered, and does not give the key away. The second use of an ID gets `-2`, the
 * third `-3`. A provider without keys becomes one credential that sends no `authorization`, for endpoints that want none.
 */
export const credentialsOf = (
  providers: ReadonlyArray<OpenAICompatibleProvider>
): ReadonlyArray<readonly [OpenAICompatibleProvider, ReadonlyArray<Credential>]> => {
  const used = new Set<string>()
  const unique = (wanted: string): string => {
    let id = wanted
    for (let n = 2; used.has(id); n++) id = `${wanted}-${n}`
    used.add(id)
    return id
  }
  return providers.map((provider) => {
    const keys = provider.keys.length === 0 ? [{ apiKey: "" }] : provider.keys
    return [
      provider,
      keys.map((key): Credential => {
        const hash = sha256(`${provider.baseUrl}\n${key.apiKey}`)
        const name = "name" in key ? key.name?.trim() : undefined
        const id = unique(name ? `${provider.name}/${name}` : `${provider.name}:${hash.slice(0, ID_DIGITS)}`)
        const url = parseBaseUrl(provider.baseUrl)
        const headers = requestHeaders(provider.headers, key.apiKey)
        return {
          candidate: {
            id,
            provider: provider.name,
            priority: provider.priority,
            disabled: provider.disabled,
            attributes: attributesOf(provider, name)
          },
          index: authIndex({
            id,
            apiKey: { kind: `openai-compatibility:${provider.name}`, baseUrl: provider.baseUrl, key: key.apiKey }
          }),
          key: Redacted.make(key.apiKey, { label: id }),
          fingerprint: sha256(JSON.stringify([hash, headers])),
          origin: url?.origin,
          chatPath: url === undefined ? "/" : `${url.pathname.replace(/\/+$/, "")}/chat/completions${url.search}`,
          headers: Redacted.make(headers, { label: id })
        }
      })
    ]
  })
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

const parseBaseUrl = (baseUrl: string): URL | undefined => {
  const url = URL.parse(baseUrl)
  return url?.protocol === "https:" || url?.protocol === "http:" ? url : undefined
}

/** What plugins may route by. User info and query of the base URL can hold a secret and are left out. */
const attributesOf = (provider: OpenAICompatibleProvider, name: string | undefined): Record<string, string> => {
  const url = parseBaseUrl(provider.baseUrl)
  return {
    auth_kind: "apikey",
    base_url: url === undefined ? "" : `${url.origin}${url.pathname.replace(/\/+$/, "")}`,
    compat_name: provider.name,
    ...(name ? { name } : {}),
    priority: String(provider.priority),
    provider: provider.name,
    source: "config"
  }
}

/** Headers of every request with this key. Configured ones win over ours, except those of the connection itself. */
const requestHeaders = (configured: Readonly<Record<string, string>>, apiKey: string): ReadonlyArray<string> => {
  const headers = new Map<string, string>([
    ["content-type", "application/json"],
    // Answers are passed on as they are; an encoded one could not be watched for its end.
    ["accept-encoding", "identity"],
    ["user-agent", USER_AGENT]
  ])
  if (apiKey !== "") headers.set("authorization", `Bearer ${apiKey}`)
  for (const [name, value] of Object.entries(configured)) {
    const key = name.toLowerCase()
    if (!CONNECTION_HEADERS.has(key)) headers.set(key, value)
  }
  return [...headers].flat()
}
