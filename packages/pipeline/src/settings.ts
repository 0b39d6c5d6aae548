import type { Strategy } from "@cliproxy/scheduler"

import type { MemoryLimits } from "./response-memory/response-memory.ts"

import type { ErrorRuleSettings } from "./failover/error-rules.ts"
import type { Fallbacks } from "./models/model-fallbacks.ts"
import type { UpstreamDeadlines } from "./provider/upstream-connections.ts"

/** A model that a provider serves. */
export interface ModelSettings {
  /** Name that the provider knows. */
  readonly name: string
  /** Name that clients use; the same as `name` when there is no alias. Several models of one alias take turns. */
  readonly alias: string
  /** Name for people, for model lists. */
  readonly displayName?: string | undefined
  /** Tokens that the model takes, for model lists. */
  readonly maxContextLength?: number | undefined
  /** Whether answers carry the alias as the model's name, in place of the provider's. */
  readonly forceMapping?: boolean | undefined
}

/** One key of a provider: becomes one credential. */
export interface KeySettings {
  readonly apiKey: string
  /**
   * Label of the key, for people: `name` of the key (ours, the reference has none). With it the credential's ID is
   * `<provider>/<name>`, without it `<provider>:<12 hex digits of a hash>`.
   */
  readonly name?: string | undefined
  /** Share of the requests among keys of one priority, for strategies that go by it; 1 when it is left out, none at 0 or less. */
  readonly weight?: number | undefined
  /** Most requests at once with this key, over all models; no limit when it is left out. */
  readonly maxInFlight?: number | undefined
  /** Most requests at once with this key for each model; no limit when it is left out. */
  readonly maxInFlightPerModel?: number | undefined
  /** Proxy to the provider for this key; see `GatewaySettings.proxyUrl`, over which it wins. May hold a password. */
  readonly proxyUrl?: string | undefined
}

/** Lists of the configuration that providers stand in. */
export type ProviderKind = "openai-compatibility" | "claude-api-key" | "gemini-api-key"

/**
 * Keys for one endpoint, with what they serve. An entry of `openai-compatibility` has any number of keys; one of
 * `claude-api-key` or `gemini-api-key` is one key, so that a provider may be made of several of these.
 */
export interface ProviderSettings {
  /** Says which protocol the endpoint speaks; see `PROVIDER_PROTOCOLS`. */
  readonly kind: ProviderKind
  /** Provider key, lower-case: `claude`, `gemini`, or a name of its own for what is compatible with OpenAI. */
  readonly name: string
  /** Base URL without a trailing slash, such as `https://host/v1`. */
  readonly baseUrl: string
  readonly disabled: boolean
  /** Fallback tier of all keys of this provider: a whole number, the highest is served first. */
  readonly priority: number
  /** When set, its models are also reachable as `prefix/model`. */
  readonly prefix: string | undefined
  /** Extra request headers. A value `$X` stands for the value of the client's header X, if it sends one. */
  readonly headers: Readonly<Record<string, string>>
  readonly keys: ReadonlyArray<KeySettings>
  /** Empty for `claude-api-key` and `gemini-api-key` means every model whose name begins as the provider's do. */
  readonly models: ReadonlyArray<ModelSettings>
  /** Names of models that are not served, in any case; `*` stands for any text. */
  readonly excludedModels?: ReadonlyArray<string> | undefined
  /** Whether its keys are used again at once after a failure; the gateway's when it is left out. */
  readonly disableCooling?: boolean | undefined
  /** Extra rounds in which its keys may be tried, in place of the gateway's. */
  readonly requestRetry?: number | undefined
  /** Deadlines for requests to it; the gateway's for those that are left out. */
  readonly deadlines?: Partial<UpstreamDeadlines> | undefined
  /** What follows from certain error answers; asked before the gateway's rules. */
  readonly errorRules?: ReadonlyArray<ErrorRuleSettings> | undefined
}

/**
 * Where a plugin's code runs. `process`: in a process of its own, which can crash, be ended and be replaced without harm
 * to anything else. `in-process`: in the gateway's own, for plugins that are trusted with it and need the last microseconds.
 */
export type PluginIsolation = "process" | "in-process"

/** Settings of one plugin: `plugins.configs.<id>`. */
export interface PluginSettings {
  readonly enabled: boolean
  /** `plugins.configs.<id>.isolation`, else `plugins.isolation`, else `process`. */
  readonly isolation: PluginIsolation
  /** A whole number; larger runs first. */
  readonly priority: number
  /**
   * Whether it guards the doors, as the operator says. `true`: nobody comes in while it does not serve. `false`: the doors
   * do not wait for it. Absent: nobody knows before it has registered.
   */
  readonly guards?: boolean | undefined
  /** Pinned library version, without a leading `v`. */
  readonly version: string | undefined
  /** What the plugin gets as `config_yaml`: its YAML subtree with `enabled` and `priority` present and one final newline. */
  readonly yaml: string
}

/** Who may wait for a credential that is only busy. */
export interface QueueSettings {
  /** How many requests may wait at once. 0: none. */
  readonly limit: number
  /** How long each of them may, in milliseconds. 0: not at all. */
  readonly waitMs: number
}

/** A bound on the requests to models, whoever serves them. */
export interface ModelLimitSettings {
  /** Name of the model as clients use it; `*` stands for any text. Every model that fits has a bound of its own. */
  readonly model: string
  /** Most requests at once. */
  readonly maxInFlight: number
}

/** Everything that the pipeline is told by its operator. Replaced as a whole on a reload. */
export interface GatewaySettings {
  readonly strategy: Strategy
  /** Extra rounds over the pool after the first. */
  readonly requestRetry: number
  /** Credentials tried per round; 0 means all. */
  readonly maxRetryCredentials: number
  /** Longest wait in milliseconds for a cooling credential between two rounds; 0 never waits. */
  readonly maxRetryIntervalMs: number
  /** Whether credentials are used again at once after a failure. */
  readonly disableCooling?: boolean | undefined
  /**
   * Shortest rest in milliseconds after a failure of the provider itself (408, 5xx). Left out or 0: the rest grows from
   * a second. Below 0: there is none.
   */
  readonly transientCooldownMs?: number | undefined
  /** What follows from certain error answers, whoever gives them. */
  readonly errorRules?: ReadonlyArray<ErrorRuleSettings> | undefined
  /** Requests that may wait for a credential that is only busy, and how long. */
  readonly queue?: QueueSettings | undefined
  /** Bounds on the requests to a model over all credentials. The first that fits a model counts. */
  readonly modelLimits?: ReadonlyArray<ModelLimitSettings> | undefined
  /**
   * Most credentials of a model, in percent, that failures which pass by themselves (408, 5xx, broken connections) may
   * take out altogether; those beyond it stay there as a last resort. 0 to 100; left out: 100.
   */
  readonly maxEjectedPercent?: number | undefined
  /** How long a session keeps the credential that served it last; sessions are not looked at when it is left out. */
  readonly sessionAffinity?: { readonly ttlMs: number } | undefined
  /** Models that stand in for a model that cannot be served, in order, each followed by its own. By clients' names. */
  readonly fallbacks?: Fallbacks | undefined
  readonly providers: ReadonlyArray<ProviderSettings>
  /** Whether models with a prefix are reachable with it only. */
  readonly forceModelPrefix?: boolean | undefined
  /** Whether an upstream's headers reach clients, but for those of the connection, the body, cookies and CORS. Default: not. */
  readonly passthroughHeaders?: boolean | undefined
  /**
   * How much is remembered, in memory, of answers of the Responses API that later requests refer to, and for how long.
   * Left out: 64 MiB, for an hour.
   */
  readonly responseMemory?: MemoryLimits | undefined
  /** Absolute path of the directory with credential files; none when it is left out. */
  readonly authDir?: string | undefined
  /**
   * Proxy for requests to providers and for those of plugins: an `http`, `https` or `socks5` URL, which may hold a
   * password, or `direct` for none. Left out: what the environment says. A key's own proxy wins over it, that of a
   * plugin's credential does not (plugin ABI, `host.http`).
   */
  readonly proxyUrl?: string | undefined
  readonly plugins: {
    readonly enabled: boolean
    /** Absolute path of the folder with plugin libraries. */
    readonly dir: string
    /** Lets plugins in whose schema version is above this host's. */
    readonly allowNewerSchema: boolean
    readonly configs: ReadonlyMap<string, PluginSettings>
  }
}
