import type { ProviderKind } from "../settings.ts"

/** Protocols that providers are spoken to in. */
export type ProviderProtocol = "openai" | "claude" | "gemini"

/** The protocol that the entries of a list of the configuration speak. */
export const PROVIDER_PROTOCOLS: Readonly<Record<ProviderKind, ProviderProtocol>> = {
  "openai-compatibility": "openai",
  "claude-api-key": "claude",
  "gemini-api-key": "gemini"
}

/**
 * How the names of a provider's own models begin, for keys that do not say which models they serve. Sources:
 * https://docs.anthropic.com/en/docs/about-claude/models, https://ai.google.dev/gemini-api/docs/models. None for
 * endpoints that are merely compatible: nobody knows what they serve.
 */
export const OWN_MODELS: Readonly<Record<ProviderKind, ReadonlyArray<string>>> = {
  "openai-compatibility": [],
  "claude-api-key": ["claude-*"],
  "gemini-api-key": ["gemini-*", "gemma-*"]
}
