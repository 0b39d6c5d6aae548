import type { ProviderSettings } from "@cliproxy/pipeline"

import type { ConfigFile, Decoder, Section } from "./config-section.ts"
import { list } from "./config-values.ts"
import { keyLists, keyProvider, openAIProvider } from "./decode-provider.ts"
import { demoProviderName } from "./proxy-config.ts"

/** Entries of which no two may be called the same. `nameOf` gives `undefined` for an entry without a name. */
const unique =
  (
    entry: Decoder<ProviderSettings>,
    nameOf: (provider: ProviderSettings) => string | undefined,
    taken: Map<string, string>
  ): Decoder<ProviderSettings> =>
  (found, file) => {
    const decoded = entry(found, file)
    const name = decoded === undefined ? undefined : nameOf(decoded)
    if (name === undefined) return decoded
    const other = taken.get(name)
    if (other === undefined) taken.set(name, found.path)
    else file.report("error", found, `has the same name as ${other}; names must differ`)
    return decoded
  }

/** Who else serves besides the providers of the file. */
export interface OtherProviders {
  /** The demo provider is on. */
  readonly demo: boolean
  /** Credentials from files, or plugins, may serve. */
  readonly othersMayServe: boolean
}

/** Says of an entry that has a key which stands in the file before: the provider counts them as one. */
const unlikeOthers =
  (entry: Decoder<ProviderSettings>, seen: Set<string>): Decoder<ProviderSettings> =>
  (found, file) => {
    const decoded = entry(found, file)
    const keys = (decoded?.keys ?? []).map(({ apiKey }) => JSON.stringify([decoded?.baseUrl, apiKey]))
    if (keys.some((key, index) => seen.has(key) || keys.indexOf(key) < index)) {
      file.report(
        "warning",
        found,
        "has a key twice, or one of an entry above; the provider's limits count once for both"
      )
    }
    for (const key of keys) seen.add(key)
    return decoded
  }

/**
 * All providers of the file: `openai-compatibility`, `claude-api-key`, `gemini-api-key`, in this order. Names tell
 * providers, and within one provider keys, apart. Warns when nobody can be served.
 */
export const decodeProviders = (
  root: Section,
  { demo, othersMayServe }: OtherProviders,
  file: ConfigFile
): ReadonlyArray<ProviderSettings> => {
  const seen = new Set<string>()
  const keys = keyLists.map((keyList) => {
    const entry = unique(keyProvider(keyList), ({ keys: [key] }) => key?.name, new Map())
    return { keyList, providers: root.optional(keyList.kind, list(unlikeOthers(entry, seen)), []) }
  })
  const taken = new Map([
    ...(demo ? [[demoProviderName, "the demo provider (demo: true)"] as const] : []),
    ...keys.flatMap(({ keyList, providers }) =>
      providers.length === 0 ? [] : [[keyList.provider, `the provider of ${keyList.kind}`] as const]
    )
  ])
  const named = unique(openAIProvider, ({ name }) => name, taken)
  const compatible = root.optional("openai-compatibility", list(unlikeOthers(named, seen)), [])
  const all = [...compatible, ...keys.flatMap(({ providers }) => providers)]
  const nobody = !demo && !othersMayServe && all.every(({ disabled }) => disabled)
  if (nobody && file.problems.every(({ severity }) => severity !== "error")) {
    const at = root.find("openai-compatibility") ?? { path: "openai-compatibility", offset: 0 }
    file.report("warning", at, "names no provider that is in use, so that no request can be served")
  }
  return all
}
