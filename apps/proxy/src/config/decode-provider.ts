import type { KeySettings, ProviderSettings } from "@cliproxy/pipeline"

import { type Decoder, type Section, section } from "./config-section.ts"
import { baseUrl, list, proxyUrl, text, wholeNumber } from "./config-values.ts"
import { providerFields, providerKey, weight } from "./provider-fields.ts"
import { unsupportedKeys } from "./reference-keys.ts"

/** A number of requests at once. */
const atMost = wholeNumber(1, 1_000_000)

/** What a key may say, in a list of its own or as an entry of a list of providers. */
const keyFields = (fields: Section): KeySettings | undefined => {
  const apiKey = fields.required("api-key", providerKey)
  const name = fields.optional<string | undefined>("name", text, undefined)
  const share = fields.optional<number | undefined>("weight", weight, undefined)
  const inFlight = fields.optional<number | undefined>("max-in-flight", atMost, undefined)
  const perModel = fields.optional<number | undefined>("max-in-flight-per-model", atMost, undefined)
  const proxy = fields.optional<string | undefined>("proxy-url", proxyUrl, undefined)
  if (apiKey === undefined) return undefined
  return {
    apiKey,
    ...(name === undefined ? {} : { name }),
    ...(share === undefined ? {} : { weight: share }),
    ...(inFlight === undefined ? {} : { maxInFlight: inFlight }),
    ...(perModel === undefined ? {} : { maxInFlightPerModel: perModel }),
    ...(proxy === undefined ? {} : { proxyUrl: proxy })
  }
}

const key: Decoder<KeySettings> = (found, file) => {
  const fields = section(found, file)
  if (fields === undefined) return undefined
  const decoded = keyFields(fields)
  fields.end()
  return decoded
}

const openAIUrl = baseUrl({ keysStandIn: "api-key-entries", endpoint: /\/chat\/completions\/?$/ })

/** One entry of `openai-compatibility`: an endpoint with any number of keys. */
export const openAIProvider: Decoder<ProviderSettings> = (found, file) => {
  const fields = section(found, file)
  if (fields === undefined) return undefined
  const name = fields.required("name", text)
  const url = fields.required("base-url", openAIUrl)
  const keys = fields.optional("api-key-entries", list(key), [])
  const common = providerFields(fields)
  fields.end(unsupportedKeys.provider)
  const names = keys.flatMap((entry) => (entry.name === undefined ? [] : [entry.name]))
  if (new Set(names).size < names.length) {
    file.report(
      "error",
      fields.find("api-key-entries") ?? found,
      "two of the keys have the same name; credentials are told apart by it"
    )
  }
  if (name === undefined || url === undefined) return undefined
  if (common.models.length === 0) file.report("warning", found, "has no models, so that nothing can be called")
  return { kind: "openai-compatibility", name: name.toLowerCase(), baseUrl: url, keys, ...common }
}

/** A list whose entries are single keys of one provider. */
interface KeyList {
  readonly kind: "claude-api-key" | "gemini-api-key"
  /** Provider key of all of its entries. */
  readonly provider: string
  readonly baseUrl: string
  readonly url: Decoder<string>
}

/** The lists of single keys. Sources of the URLs: https://docs.anthropic.com/en/api, https://ai.google.dev/api. */
export const keyLists: ReadonlyArray<KeyList> = [
  {
    kind: "claude-api-key",
    provider: "claude",
    baseUrl: "https://api.anthropic.com",
    url: baseUrl({ keysStandIn: "api-key", endpoint: /\/messages\/?$/ })
  },
  {
    kind: "gemini-api-key",
    provider: "gemini",
    baseUrl: "https://generativelanguage.googleapis.com",
    url: baseUrl({ keysStandIn: "api-key", endpoint: /\/models(\/[^/]*)?\/?$/ })
  }
]

/** One entry of a list of single keys. */
export const keyProvider =
  ({ baseUrl: defaultUrl, kind, provider, url }: KeyList): Decoder<ProviderSettings> =>
  (found, file) => {
    const fields = section(found, file)
    if (fields === undefined) return undefined
    const decoded = keyFields(fields)
    const base = fields.optional("base-url", url, defaultUrl)
    const common = providerFields(fields)
    fields.end(unsupportedKeys.keyProvider)
    return decoded === undefined ? undefined : { kind, name: provider, baseUrl: base, keys: [decoded], ...common }
  }
