import type { GatewaySettings, OpenAICompatibleProvider } from "../src/settings.ts"

/** A provider with named keys `a`, `b`, ...: credential `p/a` has the key `key-a`. */
export const provider = (
  baseUrl: string,
  keys: ReadonlyArray<string>,
  more: Partial<OpenAICompatibleProvider> = {}
): OpenAICompatibleProvider => ({
  name: "p",
  baseUrl,
  disabled: false,
  priority: 0,
  prefix: undefined,
  headers: {},
  keys: keys.map((name) => ({ apiKey: `key-${name}`, name })),
  models: [{ name: "upstream-model", alias: "m" }],
  ...more
})

export const settings = (
  providers: ReadonlyArray<OpenAICompatibleProvider>,
  more: Partial<GatewaySettings> = {}
): GatewaySettings => ({
  strategy: "round-robin",
  requestRetry: 0,
  maxRetryCredentials: 0,
  maxRetryIntervalMs: 0,
  providers,
  plugins: { enabled: false, dir: "/nonexistent", allowNewerSchema: false, configs: new Map() },
  ...more
})
