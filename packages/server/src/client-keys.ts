import { hash, timingSafeEqual } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"

/** What the check of a client's keys found; `key` is the right one, when keys are asked for at all. */
export type ClientKeyResult =
  | { readonly _tag: "Allowed"; readonly key: string | undefined }
  | { readonly _tag: "Missing" }
  | { readonly _tag: "Wrong" }

const digest = (key: string): Buffer => hash("sha256", key, "buffer")

/** What is known of a list of keys. */
interface KnownKeys {
  readonly digests: ReadonlyArray<Buffer>
  /**
   * Those that clients have presented. Looking a text up compares hashes that V8 seeds anew in each process, and texts
   * only when the hashes are equal: it tells nothing about keys that were almost right.
   */
  readonly presented: Set<string>
}

const knownByList = new WeakMap<ReadonlyArray<string>, KnownKeys>()

/** Made once per array. */
const knownOf = (keys: ReadonlyArray<string>): KnownKeys => {
  let known = knownByList.get(keys)
  if (known === undefined) knownByList.set(keys, (known = { digests: keys.map(digest), presented: new Set() }))
  return known
}

const isKnown = ({ digests, presented }: KnownKeys, key: string): boolean => {
  if (presented.has(key)) return true
  const candidate = digest(key)
  let right = false
  for (const known of digests) if (timingSafeEqual(candidate, known)) right = true
  if (right) presented.add(key)
  return right
}

const bearer = /^bearer +/i

/** Every credential that a request carries, wherever clients of the known SDKs put it. */
export const presentedKeys = (headers: IncomingHttpHeaders, query: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  const add = (value: string | null | undefined) => {
    const key = value?.trim()
    if (key !== undefined && key !== "") found.push(key)
  }
  add(headers.authorization?.replace(bearer, ""))
  add(headers["x-goog-api-key"]?.toString())
  add(headers["x-api-key"]?.toString())
  if (query !== "") {
    const parameters = new URLSearchParams(query)
    add(parameters.get("key"))
    add(parameters.get("auth_token"))
  }
  return found
}

/**
 * Checks a request against the configured client keys. A key may stand in `Authorization` (with or without `Bearer`),
 * `X-Goog-Api-Key`, `X-Api-Key`, or the query parameters `key` and `auth_token`; one right key is enough.
 *
 * Digests are compared, all of them, so that neither the length of a key nor how much of it was right can be measured. A
 * key that was right once is remembered, and costs no digest any more.
 */
export const checkClientKey = (
  configured: ReadonlyArray<string>,
  headers: IncomingHttpHeaders,
  query: string
): ClientKeyResult => {
  if (configured.length === 0) return { _tag: "Allowed", key: undefined }
  const presented = presentedKeys(headers, query)
  if (presented.length === 0) return { _tag: "Missing" }
  const known = knownOf(configured)
  const right = presented.findLast((key) => isKnown(known, key))
  return right === undefined ? { _tag: "Wrong" } : { _tag: "Allowed", key: right }
}

/** Stands for a client with a configured key, in logs and for plugins: tells clients apart and does not hold the key. */
export const principalOfKey = (key: string): string => {
  let principal = principals.get(key)
  if (principal === undefined) {
    if (principals.size >= MAX_PRINCIPALS) principals.clear()
    principals.set(key, (principal = `key:${digest(key).toString("hex", 0, 6)}`))
  }
  return principal
}

/** By key, for keys that were right: they come with every request. */
const principals = new Map<string, string>()
const MAX_PRINCIPALS = 10_000
