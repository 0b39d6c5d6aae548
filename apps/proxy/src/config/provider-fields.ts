import type { ModelSettings, ProviderSettings } from "@cliproxy/pipeline"

import { type Decoder, type Section, section } from "./config-section.ts"
import { flag, headerText, list, mapping, text, wholeNumber } from "./config-values.ts"
import { errorRules } from "./error-rules.ts"
import { unsupportedKeys } from "./reference-keys.ts"
import { looksLikeSample } from "./sample-keys.ts"

/** Priorities are compared, nothing more: any whole number of a usual size will do. */
export const priority = wholeNumber(-1_000_000_000, 1_000_000_000)

/** A share of the requests; none at 0 or less. */
export const weight = wholeNumber(-1_000_000, 1_000_000)

/** Characters of a header name (RFC 9110, section 5.1). */
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Visible characters, spaces and tabs: a line break would begin another header. */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

const headers: Decoder<Readonly<Record<string, string>>> = (found, file) => {
  const entries = mapping((name, value) => {
    const given = text(value, file)
    if (given === undefined) return undefined
    if (headerName.test(name) && headerValue.test(given)) return given
    file.report(
      "error",
      { ...value, path: found.path },
      "holds a header that cannot be sent: a name or a value has characters that headers may not have"
    )
    return undefined
  })(found, file)
  return entries === undefined ? undefined : Object.fromEntries(entries)
}

const prefix: Decoder<string> = (found, file) => {
  const value = text(found, file)
  if (value === undefined || !value.includes("/")) return value
  file.report("error", found, "must not contain a slash; one is put between it and the model")
  return undefined
}

const model: Decoder<ModelSettings> = (found, file) => {
  const fields = section(found, file)
  if (fields === undefined) return undefined
  const name = fields.required("name", text)
  const alias = fields.optional<string | undefined>("alias", text, undefined)
  const displayName = fields.optional<string | undefined>("display-name", text, undefined)
  const maxContextLength = fields.optional<number | undefined>(
    "max-context-length",
    wholeNumber(1, 1_000_000_000),
    undefined
  )
  const forceMapping = fields.optional("force-mapping", flag, false)
  fields.end(unsupportedKeys.model)
  if (name === undefined) return undefined
  return {
    name,
    alias: alias ?? name,
    ...(displayName === undefined ? {} : { displayName }),
    ...(maxContextLength === undefined ? {} : { maxContextLength }),
    ...(forceMapping ? { forceMapping } : {})
  }
}

/** Rounds over the credentials. */
export const requestRetry = wholeNumber(0, 100)

/** The deadlines by their names here and in the pipeline, and how many seconds each may be. */
const deadlineKeys = [
  ["connect", "startMs", 60],
  ["first-byte", "firstByteMs", 3600],
  ["idle", "idleMs", 3600]
] as const

type Deadlines = NonNullable<ProviderSettings["deadlines"]>

const deadlines: Decoder<Deadlines> = (found, file) => {
  const fields = section(found, file)
  if (fields === undefined) return undefined
  const given = deadlineKeys.flatMap(([key, name, most]) => {
    const seconds = fields.optional<number | undefined>(key, wholeNumber(1, most), undefined)
    return seconds === undefined ? [] : [[name, seconds * 1000] as const]
  })
  fields.end()
  return Object.fromEntries(given)
}

/** What an entry of every list of providers may say. */
export type ProviderFields = Omit<ProviderSettings, "kind" | "name" | "baseUrl" | "keys">

/** Reads what entries of all lists of providers have in common. */
export const providerFields = (fields: Section): ProviderFields => {
  const excludedModels = fields.optional("excluded-models", list(text), [])
  const disableCooling = fields.optional<boolean | undefined>("disable-cooling", flag, undefined)
  const retry = fields.optional<number | undefined>("request-retry", requestRetry, undefined)
  const rules = fields.optional("request-scoped-errors", errorRules, [])
  const own = fields.optional<Deadlines>("deadlines", deadlines, {})
  return {
    disabled: fields.optional("disabled", flag, false),
    priority: fields.optional("priority", priority, 0),
    prefix: fields.optional<string | undefined>("prefix", prefix, undefined),
    headers: fields.optional("headers", headers, {}),
    models: fields.optional("models", list(model), []),
    ...(excludedModels.length === 0 ? {} : { excludedModels }),
    ...(disableCooling === undefined ? {} : { disableCooling }),
    ...(retry === undefined ? {} : { requestRetry: retry }),
    ...(rules.length === 0 ? {} : { errorRules: rules }),
    ...(Object.keys(own).length === 0 ? {} : { deadlines: own })
  }
}

/** A provider's key, which goes out in a header. One that was copied from an example gets a warning. */
export const providerKey: Decoder<string> = (found, file) => {
  const key = headerText(found, file)
  if (key !== undefined && looksLikeSample(key)) {
    file.report("warning", found, "looks like a sample key; put your own in its place")
  }
  return key
}
