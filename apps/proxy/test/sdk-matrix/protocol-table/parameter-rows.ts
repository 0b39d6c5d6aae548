import { changed, dropped, kept } from "./outcome.ts"
import type { RequestRow } from "./request-row.ts"

const noField = "has no such field"
const config = (fields: object) => ({ generationConfig: fields })

/** What else a request sets: limits, sampling, and what belongs to one API. */
export const parameterRows: ReadonlyArray<RequestRow> = [
  {
    feature: "Most tokens of the answer",
    ask: {
      openai: { max_completion_tokens: 99 },
      "openai-response": { max_output_tokens: 99 },
      claude: { max_tokens: 99 },
      gemini: config({ maxOutputTokens: 99 })
    },
    arrives: {
      openai: kept("max_tokens", 99),
      claude: kept("max_tokens", 99),
      gemini: kept("generationConfig.maxOutputTokens", 99)
    }
  },
  {
    feature: "No limit of tokens",
    ask: { openai: {}, "openai-response": {}, gemini: {} },
    arrives: {
      openai: kept("max_tokens", undefined),
      claude: changed("32,000 tokens, as the API needs a limit", "max_tokens", 32_000),
      gemini: kept("generationConfig", undefined)
    }
  },
  {
    feature: "Sequences that stop the answer",
    ask: {
      openai: { stop: ["a", "b"] },
      claude: { stop_sequences: ["a", "b"] },
      gemini: config({ stopSequences: ["a", "b"] })
    },
    arrives: {
      openai: kept("stop", ["a", "b"]),
      claude: kept("stop_sequences", ["a", "b"]),
      gemini: kept("generationConfig.stopSequences", ["a", "b"])
    }
  },
  {
    feature: "More than four of them",
    ask: {
      claude: { stop_sequences: ["a", "b", "c", "d", "e"] },
      gemini: config({ stopSequences: ["a", "b", "c", "d", "e"] })
    },
    arrives: {
      openai: changed("the first four, with OpenAI's own models", "stop", ["a", "b", "c", "d"]),
      claude: kept("stop_sequences", ["a", "b", "c", "d", "e"]),
      gemini: kept("generationConfig.stopSequences", ["a", "b", "c", "d", "e"])
    }
  },
  {
    feature: "Temperature",
    ask: {
      openai: { temperature: 0.7 },
      "openai-response": { temperature: 0.7 },
      claude: { temperature: 0.7 },
      gemini: config({ temperature: 0.7 })
    },
    arrives: {
      openai: kept("temperature", 0.7),
      claude: kept("temperature", 0.7),
      gemini: kept("generationConfig.temperature", 0.7)
    }
  },
  {
    feature: "Temperature above 1",
    ask: {
      openai: { temperature: 1.5 },
      "openai-response": { temperature: 1.5 },
      gemini: config({ temperature: 1.5 })
    },
    arrives: {
      openai: kept("temperature", 1.5),
      claude: changed("1, the highest there is", "temperature", 1),
      gemini: kept("generationConfig.temperature", 1.5)
    }
  },
  {
    feature: "`top_p`",
    ask: {
      openai: { top_p: 0.5 },
      "openai-response": { top_p: 0.5 },
      claude: { top_p: 0.5 },
      gemini: config({ topP: 0.5 })
    },
    arrives: {
      openai: kept("top_p", 0.5),
      claude: kept("top_p", 0.5),
      gemini: kept("generationConfig.topP", 0.5)
    }
  },
  {
    feature: "`top_p` beside a temperature",
    ask: {
      openai: { temperature: 0.7, top_p: 0.5 },
      "openai-response": { temperature: 0.7, top_p: 0.5 },
      gemini: config({ temperature: 0.7, topP: 0.5 })
    },
    arrives: {
      openai: kept("top_p", 0.5),
      claude: dropped("models from 4.1 on take one of the two", "top_p"),
      gemini: kept("generationConfig.topP", 0.5)
    }
  },
  {
    feature: "`top_k`",
    ask: { claude: { top_k: 5 }, gemini: config({ topK: 5 }) },
    arrives: {
      openai: dropped(noField, "top_k"),
      claude: kept("top_k", 5),
      gemini: kept("generationConfig.topK", 5)
    }
  },
  {
    feature: "Seed",
    ask: { openai: { seed: 7 }, gemini: config({ seed: 7 }) },
    arrives: { openai: kept("seed", 7), claude: dropped(noField, "seed"), gemini: kept("generationConfig.seed", 7) }
  },
  {
    feature: "Penalties",
    ask: { openai: { presence_penalty: 0.5 }, gemini: config({ presencePenalty: 0.5 }) },
    arrives: {
      openai: kept("presence_penalty", 0.5),
      claude: dropped(noField, "presence_penalty"),
      gemini: kept("generationConfig.presencePenalty", 0.5)
    }
  },
  {
    feature: "Several answers",
    ask: { openai: { n: 2 }, gemini: config({ candidateCount: 2 }) },
    arrives: {
      openai: kept("n", 2),
      claude: dropped("gives one", "n"),
      gemini: kept("generationConfig.candidateCount", 2)
    }
  },
  {
    feature: "End user",
    ask: { openai: { user: "u1" }, "openai-response": { user: "u1" }, claude: { metadata: { user_id: "u1" } } },
    arrives: {
      openai: kept("user", "u1"),
      claude: kept("metadata.user_id", "u1"),
      gemini: dropped(noField, "user")
    }
  },
  {
    feature: "Marks of what to cache",
    ask: { claude: { system: [{ type: "text", text: "S", cache_control: { type: "ephemeral" } }] } },
    arrives: {
      openai: dropped("caches of its own accord", "messages.0.content.0.cache_control"),
      claude: kept("system.0.cache_control", { type: "ephemeral" }),
      gemini: dropped("caches of its own accord", "systemInstruction.parts.0.cache_control")
    }
  },
  {
    feature: "Log probabilities",
    ask: {
      openai: { logprobs: true },
      "openai-response": { include: ["message.output_text.logprobs"] },
      gemini: config({ responseLogprobs: true })
    },
    arrives: {
      openai: kept("logprobs", true),
      claude: dropped(noField, "logprobs"),
      gemini: kept("generationConfig.responseLogprobs", true)
    }
  },
  {
    feature: "Log probabilities of the likeliest tokens",
    ask: {
      openai: { logprobs: true, top_logprobs: 3 },
      "openai-response": { include: ["message.output_text.logprobs"], top_logprobs: 3 },
      gemini: config({ responseLogprobs: true, logprobs: 3 })
    },
    arrives: {
      openai: kept("top_logprobs", 3),
      claude: dropped(noField, "top_logprobs"),
      gemini: kept("generationConfig.logprobs", 3)
    }
  },
  {
    feature: "Service tier",
    ask: { openai: { service_tier: "flex" }, "openai-response": { service_tier: "flex" } },
    arrives: {
      openai: kept("service_tier", "flex"),
      claude: dropped("tiers are those of one API", "service_tier"),
      gemini: dropped("tiers are those of one API", "service_tier")
    }
  },
  {
    feature: "Service tier",
    ask: { claude: { service_tier: "standard_only" } },
    arrives: {
      openai: dropped("tiers are those of one API", "service_tier"),
      claude: kept("service_tier", "standard_only"),
      gemini: dropped("tiers are those of one API", "service_tier")
    }
  },
  {
    feature: "Key of the prompt's cache",
    ask: { openai: { prompt_cache_key: "k" }, "openai-response": { prompt_cache_key: "k" } },
    arrives: {
      openai: kept("prompt_cache_key", "k"),
      claude: dropped(noField, "prompt_cache_key"),
      gemini: dropped(noField, "prompt_cache_key")
    }
  },
  {
    feature: "Metadata of the request",
    ask: { openai: { metadata: { a: "b" } }, "openai-response": { metadata: { a: "b" } } },
    arrives: {
      openai: kept("metadata", { a: "b" }),
      claude: dropped("is the end user there", "metadata"),
      gemini: dropped(noField, "metadata")
    }
  },
  {
    feature: "Safety settings",
    ask: { gemini: { safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }] } },
    arrives: {
      openai: dropped(noField, "safetySettings"),
      claude: dropped(noField, "safetySettings"),
      gemini: kept("safetySettings.0.threshold", "BLOCK_NONE")
    }
  },
  {
    feature: "The provider's own tools, such as web search",
    ask: {
      "openai-response": { tools: [{ type: "web_search" }] },
      gemini: { tools: [{ googleSearch: {} }] }
    },
    arrives: {
      openai: dropped("runs only its own", "tools"),
      claude: dropped("runs only its own", "tools"),
      gemini: dropped("runs only its own", "tools")
    }
  }
]
