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

/**
 * Models of each provider, before the name of a scenario. `plain` is not asked to think; `budget` thinks as much as it is
 * told, `adaptive` as much as it likes. Only Claude has one for each. `other` is of a generation with other rules.
 */
export const MODELS: Readonly<
  Record<ProviderName, Readonly<Record<"plain" | "budget" | "adaptive" | "other", string>>>
> = {
  openai: {
    plain: "gpt-4.1-simulated",
    budget: "reasoner-simulated",
    adaptive: "reasoner-simulated",
    other: "gpt-5.2-simulated"
  },
  claude: {
    plain: "claude-sonnet-4-5-simulated",
    budget: "claude-sonnet-4-5-simulated",
    adaptive: "claude-opus-4-7-simulated",
    other: "claude-opus-4-7-simulated"
  },
  gemini: {
    plain: "gemini-3-pro-simulated",
    budget: "gemini-3-pro-simulated",
    adaptive: "gemini-3-pro-simulated",
    other: "gemini-2.5-flash-simulated"
  }
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
 * Name of the provider's model that plays a scenario: `model`, `budget`, `adaptive`, `other`, or a name of `scenarios`. `player` keeps those
 * who play the same scenario apart: a gateway lets a model rest after a failure, and what one did must not be seen by
 * the next.
 */
export const upstreamModel = (provider: ProviderName, scenario: string, player: string): string => {
  const models = MODELS[provider]
  if (scenario === "model") return models.plain
  if (scenario === "budget" || scenario === "adaptive" || scenario === "other") return models[scenario]
  // Of OpenAI's followers, only those that show their thoughts can play this one.
  return `${scenario === "thoughtful" ? models.budget : models.plain}--${scenario}--${player}`
}

/** Name of a player: a client, streaming or not. */
export const playerName = (client: string, stream: boolean): string =>
  `${client.replaceAll(" ", "-")}-${stream ? "stream" : "whole"}`
