import type { KeySettings, ModelSettings, OpenAICompatibleProvider } from "@cliproxy/pipeline"

import { type Decoder, section } from "./config-section.ts"
import { baseUrl, flag, list, mapping, text, wholeNumber } from "./config-values.ts"
import { unsupportedKeys } from "./reference-keys.ts"
import { looksLikeSample } from "./sample-keys.ts"

/** Priorities are compared, nothing more: any whole number of a usual size will do. */
export const priority = wholeNumber(-1_000_000_000, 1_000_000_000)

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

const key: Decoder<KeySettings> = (found, file) => {
  const fields = section(found, file)
  if (fields === undefined) return undefined
  const apiKey = fields.required("api-key", text)
  const name = fields.optional<string | undefined>("name", text, undefined)
  fields.end(unsupportedKeys.key)
  if (apiKey === undefined) return undefined
  if (looksLikeSample(apiKey)) file.report("warning", found, "looks like a sample key; put your own in its place")
  return name === undefined ? { apiKey } : { apiKey, name }
}

const model: Decoder<ModelSettings> = (found, file) => {
  const fields = section(found, file)
  if (fields === undefined) return undefined
  const name = fields.required("name", text)
  const alias = fields.optional<string | undefined>("alias", text, undefined)
  fields.end(unsupportedKeys.model)
  return name === undefined ? undefined : { name, alias: alias ?? name }
}

/** One entry of `openai-compatibility`. */
export const provider: Decoder<OpenAICompatibleProvider> = (found, file) => {
  const fields = section(found, file)
  if (fields === undefined) return undefined
  const name = fields.required("name", text)
  const url = fields.required("base-url", baseUrl)
  const decoded = {
    disabled: fields.optional("disabled", flag, false),
    priority: fields.optional("priority", priority, 0),
    prefix: fields.optional<string | undefined>("prefix", prefix, undefined),
    headers: fields.optional("headers", headers, {}),
    keys: fields.optional("api-key-entries", list(key), []),
    models: fields.optional("models", list(model), [])
  }
  fields.end(unsupportedKeys.provider)
  const names = decoded.keys.flatMap((entry) => (entry.name === undefined ? [] : [entry.name]))
  if (new Set(names).size < names.length) {
    file.report(
      "error",
      fields.find("api-key-entries") ?? found,
      "two of the keys have the same name; credentials are told apart by it"
    )
  }
  if (name === undefined || url === undefined) return undefined
  if (decoded.models.length === 0) file.report("warning", found, "has no models, so that nothing can be called")
  return { name: name.toLowerCase(), baseUrl: url, ...decoded }
}
