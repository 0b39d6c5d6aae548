import type { GatewaySettings, ProviderSettings } from "../src/settings.ts"

/** A provider with named keys `a`, `b`, ...: credential `p/a` has the key `key-a`. */
export const provider = (
  baseUrl: string,
  keys: ReadonlyArray<string>,
  more: Partial<ProviderSettings> = {}
): ProviderSettings => ({
  kind: "openai-compatibility",
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

/** An entry of `claude-api-key` with the key `key-<name>`: credential `claude/<name>`. Without models it serves all of Claude's. */
export const claudeKey = (baseUrl: string, name: string, more: Partial<ProviderSettings> = {}): ProviderSettings =>
  provider(baseUrl, [name], { kind: "claude-api-key", name: "claude", models: [], ...more })

/** The same of `gemini-api-key`: credential `gemini/<name>`. */
export const geminiKey = (baseUrl: string, name: string, more: Partial<ProviderSettings> = {}): ProviderSettings =>
  provider(baseUrl, [name], { kind: "gemini-api-key", name: "gemini", models: [], ...more })

export const settings = (
  providers: ReadonlyArray<ProviderSettings>,
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
