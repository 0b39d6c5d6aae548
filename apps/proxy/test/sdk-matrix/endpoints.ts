import { Effect, type Scope } from "effect"

import { startClaudeSimulator } from "../provider-simulators/claude-simulator.ts"
import { startGeminiSimulator } from "../provider-simulators/gemini-simulator.ts"
import { startOpenAISimulator } from "../provider-simulators/openai-simulator.ts"
import type { Scenarios } from "../provider-simulators/scenario.ts"
import type { Simulator } from "../provider-simulators/simulator.ts"

/** Protocol that a provider speaks. */
export type ProviderName = "openai" | "claude" | "gemini"

/** Key that a simulator lets in. */
export const simulatorKey = (provider: ProviderName): string => `${provider}-provider-key`

/** Models of each provider, before the name of a scenario. `reasoning` shows its thoughts. */
export const MODELS: Readonly<Record<ProviderName, { readonly plain: string; readonly reasoning: string }>> = {
  openai: { plain: "gpt-simulated", reasoning: "reasoner-simulated" },
  claude: { plain: "claude-simulated", reasoning: "claude-simulated" },
  gemini: { plain: "gemini-3-simulated", reasoning: "gemini-3-simulated" }
}

/** Decides where streams are cut. Another number gives other cuts. */
const SEED = 20_261_122

/** Starts the three simulators. */
export const startSimulators = (
  scenarios: Scenarios
): Effect.Effect<Readonly<Record<ProviderName, Simulator>>, never, Scope.Scope> => {
  const options = (provider: ProviderName) => ({ apiKey: simulatorKey(provider), seed: SEED })
  return Effect.all({
    openai: startOpenAISimulator(scenarios, options("openai")),
    claude: startClaudeSimulator(scenarios, options("claude")),
    gemini: startGeminiSimulator(scenarios, options("gemini"))
  })
}

/**
 * Name of the provider's model that plays a scenario: `model`, `reasoning`, or a name of `scenarios`. `player` keeps those
 * who play the same scenario apart: a gateway lets a model rest after a failure, and what one did must not be seen by
 * the next.
 */
export const upstreamModel = (provider: ProviderName, scenario: string, player: string): string => {
  const { plain, reasoning } = MODELS[provider]
  if (scenario === "model") return plain
  return scenario === "reasoning" ? reasoning : `${plain}--${scenario}--${player}`
}

/** Name of a player: a client, streaming or not. */
export const playerName = (client: string, stream: boolean): string =>
  `${client.replaceAll(" ", "-")}-${stream ? "stream" : "whole"}`
