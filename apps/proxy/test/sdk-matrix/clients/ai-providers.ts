import { createAnthropic } from "@ai-sdk/anthropic"
import { createGoogleGenerativeAI } from "@ai-sdk/google"
import { createOpenAI } from "@ai-sdk/openai"
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import type { generateText, LanguageModel } from "ai"

import type { ClientProtocol, Target } from "../client.ts"

/** Options that one provider knows, under its name. */
export type ProviderOptions = Exclude<Parameters<typeof generateText>[0]["providerOptions"], undefined>

/** A provider of Vercel's SDK: one protocol, spoken to any base URL. */
export interface AiProvider {
  readonly name: string
  readonly protocol: ClientProtocol
  readonly imagesInResults: boolean
  readonly hidesCacheWrites: boolean
  readonly hidesSources: boolean
  readonly model: (target: Target) => LanguageModel
  /** Options of every request. */
  readonly always?: ProviderOptions
  /** What asks this provider to think. */
  readonly thinking: ProviderOptions
}

/** One for each of the four protocols. */
export const aiProviders: ReadonlyArray<AiProvider> = [
  {
    name: "ai openai-compatible",
    protocol: "openai",
    imagesInResults: false,
    hidesCacheWrites: true,
    hidesSources: true,
    model: ({ url, apiKey, model }) =>
      createOpenAICompatible({
        name: "gateway",
        baseURL: `${url}/v1`,
        apiKey,
        includeUsage: true,
        supportsStructuredOutputs: true
      })(model),
    thinking: { gateway: { reasoningEffort: "medium" } }
  },
  {
    name: "ai openai responses",
    protocol: "openai-response",
    imagesInResults: true,
    hidesCacheWrites: false,
    hidesSources: false,
    model: ({ url, apiKey, model }) => createOpenAI({ baseURL: `${url}/v1`, apiKey }).responses(model),
    // It is not told that nobody stores its conversation, and so refers to items of earlier answers.
    thinking: {
      openai: {
        reasoningEffort: "medium",
        reasoningSummary: "auto",
        forceReasoning: true,
        include: ["reasoning.encrypted_content"]
      }
    }
  },
  {
    name: "ai anthropic",
    protocol: "claude",
    imagesInResults: true,
    hidesCacheWrites: false,
    hidesSources: false,
    model: ({ url, apiKey, model }) => createAnthropic({ baseURL: `${url}/v1`, apiKey })(model),
    thinking: { anthropic: { thinking: { type: "enabled", budgetTokens: 2048 } } }
  },
  {
    name: "ai google",
    protocol: "gemini",
    imagesInResults: true,
    hidesCacheWrites: true,
    hidesSources: false,
    model: ({ url, apiKey, model }) => createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey })(model),
    thinking: { google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } } }
  }
]
