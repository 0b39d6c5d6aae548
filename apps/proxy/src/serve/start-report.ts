import {
  credentialIds,
  type CredentialReport,
  type GatewaySettings,
  type ProviderSettings,
  type PluginProblem,
  type PluginStatus
} from "@cliproxy/pipeline"

/** How clients are known. */
export interface ClientChecks {
  /** Number of configured keys. */
  readonly keys: number
  /** Whether plugins authenticate clients. */
  readonly byPlugins: boolean
}

/** What the proxy tells when it has started. */
export interface StartFacts {
  readonly version: string
  readonly url: string
  /** Path of the configuration file; `undefined` for the built-in one. */
  readonly configPath: string | undefined
  readonly clients: ClientChecks
  readonly settings: GatewaySettings
  readonly pluginProblems: ReadonlyArray<PluginProblem>
  /** Configured plugins. */
  readonly plugins: ReadonlyArray<PluginStatus>
  /** All credentials, those from files as well. */
  readonly credentials: ReadonlyArray<CredentialReport>
  /** Whether there is a management API. */
  readonly management: boolean
  /** Why the example plugin is not there, when the built-in configuration runs without it. */
  readonly note: string | undefined
}

const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`

/** As many as fit on a line, and how many more there are. */
const some = (names: ReadonlyArray<string>): string =>
  names.length <= 5 ? names.join(", ") : `${names.slice(0, 4).join(", ")} and ${names.length - 4} more`

/** What one provider key stands for: all entries of the configuration that share it. */
interface NamedProvider {
  readonly name: string
  readonly entries: ReadonlyArray<readonly [ProviderSettings, ReadonlyArray<string>]>
}

const byName = (providers: ReadonlyArray<ProviderSettings>): ReadonlyArray<NamedProvider> =>
  [...Map.groupBy(credentialIds(providers), ([{ name }]) => name)].map(([name, entries]) => ({ name, entries }))

const credentials = ({ entries }: NamedProvider): string => {
  const ids = entries.flatMap(([{ keys }, own]) => (keys.length === 0 ? [] : own))
  return ids.length === 0 ? "no key" : `${count(ids.length, "credential")} (${some(ids)})`
}

const models = ({ entries }: NamedProvider): string => {
  const names = [...new Set(entries.flatMap(([provider]) => provider.models.map(({ alias }) => alias)))]
  const own = entries.some(([{ kind, models: listed }]) => kind !== "openai-compatibility" && listed.length === 0)
  if (own) return "all models of the provider"
  return `${names.length === 1 ? "model" : "models"} ${names.length === 0 ? "none" : some(names)}`
}

const providerLine = (provider: NamedProvider): string => {
  const off = provider.entries.every(([{ disabled }]) => disabled) ? ", disabled" : ""
  return `${provider.name}: ${credentials(provider)}, ${models(provider)}${off}`
}

const clientsLine = ({ byPlugins, keys }: ClientChecks): string => {
  const ways = [...(keys === 0 ? [] : [count(keys, "key")]), ...(byPlugins ? ["plugins that know them"] : [])]
  return ways.length === 0 ? "no key needed" : ways.join(", ")
}

const whereItRuns = ({ isolation, pid }: PluginStatus): string =>
  isolation === "in-process" ? "in this process" : pid === undefined ? "in a process of its own" : `in process ${pid}`

const pluginLine = (status: PluginStatus): string => {
  const { id, problem, state } = status
  if (state === "disabled") return `${id}: disabled`
  if (state === "failed") return `${id}: NOT LOADED: ${problem ?? "no reason is known"}`
  return `${id}: active, ${whereItRuns(status)}${problem === undefined ? "" : `; ${problem}`}`
}

const pluginLines = ({ settings, plugins, pluginProblems, note }: StartFacts): ReadonlyArray<string> => {
  if (!settings.plugins.enabled) return [note ?? "off"]
  const everywhere = pluginProblems.find(({ plugin }) => plugin === "*")
  if (everywhere !== undefined) return [`none: ${everywhere.message}`]
  return plugins.length === 0 ? ["none configured"] : plugins.map(pluginLine)
}

/** What was found in the credential directory, and what of it is of no use. */
const fileLines = ({ credentials: all, settings: { authDir } }: StartFacts): ReadonlyArray<string> => {
  if (authDir === undefined) return []
  const found = all.filter(({ renewal }) => renewal !== undefined)
  const providers = [...Map.groupBy(found, ({ provider }) => provider)].map(([name, own]) => `${own.length} of ${name}`)
  const unserved = found.filter(({ disabled, models }) => !disabled && models.length === 0)
  return [
    `${authDir}: ${count(found.length, "credential")}${providers.length === 0 ? "" : ` (${some(providers)})`}`,
    ...(unserved.length === 0
      ? []
      : [`nothing is served with ${some(unserved.map(({ id, provider }) => `${id} (type ${provider})`))}`])
  ]
}

const curlLines = (url: string, model: string, clientKeys: number): ReadonlyArray<string> => [
  `  curl -N ${url}/v1/chat/completions \\`,
  ...(clientKeys === 0 ? [] : [`    -H 'authorization: Bearer YOUR-CLIENT-KEY' \\`]),
  `    -H 'content-type: application/json' \\`,
  `    -d '${JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "Hello" }] }).replaceAll("'", `'\\''`)}'`
]

/** The block that greets whoever started the proxy. Holds no key. */
export const startReport = (facts: StartFacts): string => {
  const { version, url, configPath, clients, settings } = facts
  const rows: Array<readonly [string, string]> = [
    ["configuration", configPath ?? "built in, with the demo provider (`cliproxy init` writes it to a file)"],
    ["clients", clientsLine(clients)],
    ...(facts.management ? [["management", `${url}/v0/management`] as const] : []),
    ["strategy", settings.strategy],
    ...byName(settings.providers).map(
      (provider, index) => [index === 0 ? "providers" : "", providerLine(provider)] as const
    ),
    ...fileLines(facts).map((line, index) => [index === 0 ? "auth-dir" : "", line] as const),
    ...pluginLines(facts).map((line, index) => [index === 0 ? "plugins" : "", line] as const)
  ]
  const model = settings.providers.find(({ disabled, models }) => !disabled && models.length > 0)?.models[0]?.alias
  return [
    `cliproxy ${version} listens on ${url}`,
    "",
    ...rows.map(([name, value]) => `  ${name.padEnd(15)}${value}`),
    ...(model === undefined ? [] : ["", "Try it:", "", ...curlLines(url, model, clients.keys)]),
    ""
  ].join("\n")
}
