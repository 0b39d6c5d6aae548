import type { ConfigurationSettings } from "./configuration.ts"
import { isObject } from "./management-body.ts"

/** Keys whose texts are known to be no secrets. Texts under any other key are not shown. */
const plain = new Set([
  "action",
  "alias",
  "auth-dir",
  "dir",
  "display-name",
  "excluded-models",
  "host",
  "isolation",
  "match",
  "match-regexr",
  "model",
  "name",
  "prefix",
  "session-affinity-ttl",
  "state-file",
  "strategy",
  "version"
])

/** Settings of plugins that are the gateway's. All others are the plugins' own, and may be anything. */
const hostOwned = ["enabled", "priority", "isolation", "store"]

/** Keys that hold a key. Their last characters are shown, to tell them apart. */
const keyNames = new Set(["api-key", "api-keys"])

/** Shorter keys show nothing: the end would be too much of them. */
const shownFrom = 20

/** A key as people may see it. */
export const maskedKey = (key: string): string => (key.length < shownFrom ? "***" : `***${key.slice(-4)}`)

/** An address without user, password, query and fragment; nothing of what is no address. */
const maskedUrl = (text: string): string => {
  const url = URL.parse(text)
  return url === null || url.host === "" ? "***" : `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, "")}`
}

const redactText = (text: string, key: string): string => {
  if (text === "" || plain.has(key)) return text
  if (keyNames.has(key)) return maskedKey(text)
  return key === "base-url" || key === "proxy-url" ? maskedUrl(text) : "***"
}

const redact = (value: unknown, key: string): unknown => {
  if (typeof value === "string") return redactText(value, key)
  if (Array.isArray(value)) return value.map((item) => redact(item, key))
  if (isObject(value)) return mapEntries(value, (inner, name) => (key === "fallbacks" ? inner : redact(inner, name)))
  // A key of digits alone is a number, as YAML reads it.
  return typeof value === "number" && (keyNames.has(key) || key === "secret-key") ? "***" : value
}

/**
 * The configuration as it may be shown: what is a secret, or might be one, is replaced by `***`. Plugins' own settings
 * are left out.
 */
export const redactSettings = (settings: ConfigurationSettings): ConfigurationSettings =>
  mapEntries(settings, (value, key) =>
    key === "plugins" && isObject(value) ? mapEntries(value, redactPlugins) : redact(value, key)
  )

const redactPlugins = (value: unknown, key: string): unknown => {
  if (key !== "configs" || !isObject(value)) return redact(value, key)
  return mapEntries(value, (own) =>
    isObject(own)
      ? redact(Object.fromEntries(Object.entries(own).filter(([name]) => hostOwned.includes(name))), "")
      : {}
  )
}

const mapEntries = (
  object: Readonly<Record<string, unknown>>,
  map: (value: unknown, key: string) => unknown
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]))
