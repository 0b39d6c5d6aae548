import type { Strategy } from "@cliproxy/scheduler"

/** A model that a provider serves. */
export interface ModelSettings {
  /** Name that the provider knows. */
  readonly name: string
  /** Name that clients use; the same as `name` when there is no alias. */
  readonly alias: string
}

/** One key of a provider: becomes one credential. */
export interface KeySettings {
  readonly apiKey: string
  /**
   * Label of the key, for people: the configuration's `api-key-entries[].name` (ours, the reference has none).
   * With it the credential's ID is `<provider>/<name>`, without it `<provider>:<12 hex digits of a hash>`.
   */
  readonly name?: string | undefined
}

/** An endpoint that speaks OpenAI chat completions. */
export interface OpenAICompatibleProvider {
  /** Provider key, lower-case, unique. */
  readonly name: string
  /** Base URL without a trailing slash, such as `https://host/v1`. */
  readonly baseUrl: string
  readonly disabled: boolean
  /** Fallback tier of all keys of this provider: a whole number, the highest is served first. */
  readonly priority: number
  /** When set, its models are also reachable as `prefix/model`. */
  readonly prefix: string | undefined
  /** Extra request headers. */
  readonly headers: Readonly<Record<string, string>>
  readonly keys: ReadonlyArray<KeySettings>
  readonly models: ReadonlyArray<ModelSettings>
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
  /** Pinned library version, without a leading `v`. */
  readonly version: string | undefined
  /** What the plugin gets as `config_yaml`: its YAML subtree with `enabled` and `priority` present and one final newline. */
  readonly yaml: string
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
  readonly providers: ReadonlyArray<OpenAICompatibleProvider>
  /** Absolute path of the directory with credential files; none when it is left out. */
  readonly authDir?: string | undefined
  /**
   * Proxy for the requests of plugins: an `http`, `https` or `socks5` URL, which may hold a password, or `direct` for
   * none. Left out: each credential's own, else what the environment says.
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
