/** Protocols that the providers of the soak speak. */
export type SoakProtocol = "openai" | "claude"

/** One provider of the soak: an endpoint with keys. */
export interface SoakProvider {
  readonly name: string
  readonly protocol: SoakProtocol
  /** Fallback tier, higher first. */
  readonly priority: number
  readonly keys: ReadonlyArray<string>
  /** Extra rounds over its keys; those of the gateway when it is left out. */
  readonly requestRetry?: number
}

/** A model and the providers that serve it. */
export interface SoakPool {
  readonly model: string
  readonly providers: ReadonlyArray<SoakProvider>
}

const keysOf = (provider: string, count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `${provider}-key-${index + 1}`)

/** Two providers in two tiers that speak OpenAI's protocol, and one that speaks Claude's, which is also translated. */
export const soakPools: ReadonlyArray<SoakPool> = [
  {
    model: "fallback",
    providers: [
      { name: "first", protocol: "openai", priority: 1, keys: keysOf("first", 5) },
      { name: "second", protocol: "openai", priority: 0, keys: keysOf("second", 4) }
    ]
  },
  {
    model: "claude-soak",
    providers: [{ name: "claude", protocol: "claude", priority: 0, keys: keysOf("claude", 4) }]
  }
]

/** Whose keys fail all at once. The gateway makes one round only, so that clients see it. */
export const outagePool: SoakPool = {
  model: "outage",
  providers: [{ name: "outage", protocol: "openai", priority: 0, keys: keysOf("outage", 4), requestRetry: 0 }]
}

/** All keys of a pool. */
export const keysOfPool = ({ providers }: SoakPool): ReadonlyArray<string> => providers.flatMap(({ keys }) => keys)
