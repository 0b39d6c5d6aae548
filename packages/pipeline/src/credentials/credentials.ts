import { createHash } from "node:crypto"

import { authIndex, canonicalHeaderName } from "@cliproxy/abi"
import type { Candidate } from "@cliproxy/scheduler"
import { Redacted } from "effect"

import { copiedFrom, type CopiedHeader } from "../provider/copied-headers.ts"
import { basePathOf } from "../provider/endpoint.ts"
import type { ErrorRuleSettings } from "../failover/error-rules.ts"
import { PROVIDER_PROTOCOLS, type ProviderProtocol } from "../provider/provider-protocol.ts"
import type { KeySettings, ProviderSettings } from "../settings.ts"
import type { UpstreamDeadlines } from "../provider/upstream-connections.ts"
import { USER_AGENT } from "../version.ts"

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

/** One key of one provider, ready to be used. */
export interface Credential {
  /** What the scheduler and its plugins see. Holds nothing secret. */
  readonly candidate: Candidate
  /** 16 hex digits by which plugins name it. */
  readonly index: string
  readonly protocol: ProviderProtocol
  /** The API key; the empty text for a provider that wants none. */
  readonly key: Redacted.Redacted
  /** Hash of base URL, key, headers and proxy: tells whether a named credential still is the same one after a reload. */
  readonly fingerprint: string
  /** Scheme, host and port, such as `https://api.example.com`; undefined when the base URL is not an HTTP URL. */
  readonly origin: string | undefined
  /** What the path of every endpoint begins with, the API's version included; no trailing slash. See `endpointOf`. */
  readonly basePath: string
  /** Query that every request has, without its question mark. */
  readonly baseQuery: Redacted.Redacted
  /** Request headers as a flat list of lower-case names and values, without `accept`. Secret. */
  readonly headers: Redacted.Redacted<ReadonlyArray<string>>
  /** Request headers that come from the client, and win over those in `headers`; see `copyHeaders`. */
  readonly copiedHeaders: ReadonlyArray<CopiedHeader>
  /** Its own proxy to the provider: `direct`, or a URL that may hold a password. */
  readonly proxyUrl: Redacted.Redacted | undefined
  /** Deadlines of its own. */
  readonly deadlines: Partial<UpstreamDeadlines> | undefined
  /** Extra rounds in which it may be tried, when it has a number of its own. */
  readonly requestRetry: number | undefined
  /** The operator's rules for its error answers, besides those for everybody's. */
  readonly errorRules: ReadonlyArray<ErrorRuleSettings> | undefined
}

/** IDs of the credentials of all providers, in the order of the configuration. They hold nothing secret. */
export const credentialIds = (
  providers: ReadonlyArray<ProviderSettings>
): ReadonlyArray<readonly [ProviderSettings, ReadonlyArray<string>]> =>
  credentialsOf(providers).map(([provider, credentials]) => [
    provider,
    credentials.map(({ candidate }) => candidate.id)
  ])

/**
 * Credentials of all providers, in the order of the configuration.
 *
 * The ID of a key is `<provider>/<name>` when it has a name, else `<provider>:<hash>`, so that it stays the same when
 * other keys are added, removed or reordered, and does not give the key away. The second use of an ID gets `-2`, the
 * third `-3`. A provider without keys becomes one credential that sends no key, for endpoints that want none.
 */
export const credentialsOf = (
  providers: ReadonlyArray<ProviderSettings>
): ReadonlyArray<readonly [ProviderSettings, ReadonlyArray<Credential>]> => {
  const used = new Set<string>()
  const unique = (wanted: string): string => {
    let id = wanted
    for (let n = 2; used.has(id); n++) id = `${wanted}-${n}`
    used.add(id)
    return id
  }
  return providers.map((provider) => {
    const keys: ReadonlyArray<KeySettings> = provider.keys.length === 0 ? [{ apiKey: "" }] : provider.keys
    return [
      provider,
      keys.map((key): Credential => {
        const hash = sha256(`${provider.baseUrl}\n${key.apiKey}`)
        const name = key.name?.trim()
        const id = unique(name ? `${provider.name}/${name}` : `${provider.name}:${hash.slice(0, ID_DIGITS)}`)
        const protocol = PROVIDER_PROTOCOLS[provider.kind]
        const url = parseBaseUrl(provider.baseUrl)
        const { copied, headers } = requestHeaders(protocol, provider.headers, key.apiKey)
        return {
          candidate: {
            id,
            provider: provider.name,
            priority: provider.priority,
            disabled: provider.disabled,
            attributes: attributesOf(provider, key, name),
            ...(key.weight === undefined ? {} : { weight: key.weight }),
            ...(key.maxInFlight === undefined ? {} : { maxInFlight: key.maxInFlight }),
            ...(key.maxInFlightPerModel === undefined ? {} : { maxInFlightPerModel: key.maxInFlightPerModel }),
            ...(provider.disableCooling === undefined ? {} : { disableCooling: provider.disableCooling })
          },
          index: authIndex({
            id,
            apiKey: { kind: indexKindOf(provider), baseUrl: provider.baseUrl, key: key.apiKey }
          }),
          protocol,
          key: Redacted.make(key.apiKey, { label: id }),
          fingerprint: sha256(JSON.stringify([hash, headers, copied, key.proxyUrl])),
          origin: url?.origin,
          basePath: url === undefined ? "" : basePathOf(protocol, url.pathname),
          baseQuery: Redacted.make(url?.search.slice(1) ?? "", { label: id }),
          headers: Redacted.make(headers, { label: id }),
          copiedHeaders: copied,
          proxyUrl: key.proxyUrl === undefined ? undefined : Redacted.make(key.proxyUrl, { label: id }),
          deadlines: provider.deadlines,
          requestRetry: provider.requestRetry,
          errorRules: provider.errorRules
        }
      })
    ]
  })
}

/** What an index is made of besides URL and key: two lists may hold the same pair. */
const indexKindOf = ({ kind, name }: ProviderSettings): string =>
  kind === "openai-compatibility" ? `${kind}:${name}` : kind

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

const parseBaseUrl = (baseUrl: string): URL | undefined => {
  const url = URL.parse(baseUrl)
  return url?.protocol === "https:" || url?.protocol === "http:" ? url : undefined
}

/** What plugins may route by. User info and query of the base URL can hold a secret and are left out. */
const attributesOf = (
  provider: ProviderSettings,
  { weight }: KeySettings,
  name: string | undefined
): Record<string, string> => {
  const url = parseBaseUrl(provider.baseUrl)
  return {
    auth_kind: "apikey",
    base_url: url === undefined ? "" : `${url.origin}${url.pathname.replace(/\/+$/, "")}`,
    ...(provider.kind === "openai-compatibility" ? { compat_name: provider.name } : {}),
    ...(name ? { name } : {}),
    priority: String(provider.priority),
    provider: provider.name,
    source: "config",
    ...(weight === undefined ? {} : { weight: String(weight) })
  }
}

/** Version of Claude's API whose requests and answers we know (https://docs.anthropic.com/en/api/versioning). */
const ANTHROPIC_VERSION = "2023-06-01"

/** Headers that carry a key, as each protocol has it. */
const keyHeaders = (protocol: ProviderProtocol, apiKey: string): ReadonlyArray<readonly [string, string]> => {
  const version = protocol === "claude" ? ([["anthropic-version", ANTHROPIC_VERSION]] as const) : []
  if (apiKey === "") return version
  switch (protocol) {
    case "openai":
      return [["authorization", `Bearer ${apiKey}`]]
    case "claude":
      return [...version, ["x-api-key", apiKey]]
    case "gemini":
      return [["x-goog-api-key", apiKey]]
  }
}

/** Headers of every request with this key. Configured ones win over ours, except those of the connection itself. */
const requestHeaders = (
  protocol: ProviderProtocol,
  configured: Readonly<Record<string, string>>,
  apiKey: string
): { readonly headers: ReadonlyArray<string>; readonly copied: ReadonlyArray<CopiedHeader> } => {
  const headers = new Map<string, string>([
    ["content-type", "application/json"],
    // Answers are passed on as they are; an encoded one could not be watched for its end.
    ["accept-encoding", "identity"],
    ["user-agent", USER_AGENT],
    ...keyHeaders(protocol, apiKey)
  ])
  const copied: Array<CopiedHeader> = []
  // It says which parts of the API a client's request is written for; without it the provider refuses their fields.
  const beta = "anthropic-beta"
  if (protocol === "claude" && !Object.keys(configured).some((name) => name.toLowerCase() === beta)) {
    copied.push({ name: beta, from: canonicalHeaderName(beta) })
  }
  for (const [written, value] of Object.entries(configured)) {
    const name = written.toLowerCase()
    if (CONNECTION_HEADERS.has(name)) continue
    const from = copiedFrom(value)
    if (from === undefined) headers.set(name, value)
    else copied.push({ name, from })
  }
  return { headers: [...headers].flat(), copied }
}
