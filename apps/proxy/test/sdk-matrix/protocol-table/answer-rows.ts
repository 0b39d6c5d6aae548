import { thoughtSignature } from "../../provider-simulators/gemini/gemini-signatures.ts"
import type { JsonObject } from "../../provider-simulators/scenario.ts"
import type { ClientProtocol } from "../client.ts"
import type { ProviderName } from "../endpoints.ts"
import { SOURCED } from "../scenarios.ts"
import { type Arrival, changed, dropped, kept } from "./outcome.ts"

/** Something that an answer may say. Rows of the same feature are about different providers. */
export interface AnswerRow {
  readonly feature: string
  /** The scenario that makes a provider say it. */
  readonly scenario: string
  /** Providers that can say it. */
  readonly from: ReadonlyArray<ProviderName>
  /** Whether a number of tokens is asked for, not an answer. */
  readonly count?: true
  /** What has to be asked for. */
  readonly ask?: Partial<Readonly<Record<ClientProtocol, JsonObject>>>
  /** What arrives. A client that speaks the provider's protocol gets the bytes that the provider sent. */
  readonly arrives: Partial<Readonly<Record<ClientProtocol, Arrival>>>
}

const ALL: ReadonlyArray<ProviderName> = ["openai", "claude", "gemini"]

/** Begins what says whose signature a client keeps for somebody else. */
const MARKED = /^Y2xpcHJveHku/

const SOME_NUMBER = /^\d+$/

const PAGE = SOURCED[1].sources[0].url
const CITED = SOURCED[1].text
/** What stands before them: one of its characters is two units of UTF-16. */
const BEFORE = SOURCED[0].text

const signedCall: JsonObject = { functionCall: { name: "look", args: { a: "ä" } } }
const marked = (field: string) => `in \`${field}\`, marked with its issuer`

/** What an answer consists of, and how it ends. */
export const answerRows: ReadonlyArray<AnswerRow> = [
  {
    feature: "Thought",
    scenario: "thoughtful",
    from: ALL,
    arrives: {
      openai: kept("choices.0.message.reasoning_content", "Hm 🤔"),
      "openai-response": kept("output.0.summary.0.text", "Hm 🤔"),
      claude: kept("content.0.thinking", "Hm 🤔"),
      gemini: kept("candidates.0.content.parts.0.text", "Hm 🤔")
    }
  },
  {
    feature: "Signature of a thought",
    scenario: "thoughtful",
    from: ["claude"],
    arrives: {
      openai: changed(marked("reasoning_details"), "choices.0.message.reasoning_details.0.signature", MARKED),
      "openai-response": changed(marked("encrypted_content"), "output.0.encrypted_content", MARKED),
      claude: kept("content.0.signature", /./),
      gemini: changed(marked("thoughtSignature"), "candidates.0.content.parts.0.thoughtSignature", MARKED)
    }
  },
  {
    feature: "Signature of a call",
    scenario: "calling",
    from: ["gemini"],
    arrives: {
      openai: kept(
        "choices.0.message.tool_calls.0.extra_content.google.thought_signature",
        thoughtSignature(JSON.stringify(signedCall))
      ),
      "openai-response": changed(
        "in an item of reasoning before the call, marked with its issuer",
        "output.0.encrypted_content",
        MARKED
      ),
      claude: changed("in an empty thought before the call, marked with its issuer", "content.0.signature", MARKED),
      gemini: kept("candidates.0.content.parts.0.thoughtSignature", /./)
    }
  },
  {
    feature: "Encrypted thought",
    scenario: "redacted",
    from: ["claude"],
    arrives: {
      openai: changed(marked("reasoning_details"), "choices.0.message.reasoning_details.0.data", MARKED),
      "openai-response": changed(marked("encrypted_content"), "output.0.encrypted_content", MARKED),
      claude: kept("content.0.data", /./),
      gemini: changed(marked("thoughtSignature"), "candidates.0.content.parts.0.thoughtSignature", MARKED)
    }
  },
  {
    feature: "Call of a tool",
    scenario: "calling",
    from: ALL,
    arrives: {
      openai: kept("choices.0.message.tool_calls.0.function.arguments", '{"a":"ä"}'),
      "openai-response": kept("output.-1.arguments", '{"a":"ä"}'),
      claude: kept("content.-1.input", { a: "ä" }),
      gemini: kept("candidates.0.content.parts.0.functionCall.args", { a: "ä" })
    }
  },
  {
    feature: "Refusal in words of its own",
    scenario: "refusal",
    from: ["openai"],
    arrives: {
      openai: kept("choices.0.message.refusal", "Das mache ich nicht 🙅."),
      "openai-response": kept("output.0.content.0.refusal", "Das mache ich nicht 🙅."),
      claude: changed("as text, with the stop reason `refusal`", "content.0.text", "Das mache ich nicht 🙅."),
      gemini: changed(
        "as text, with the finish reason `SAFETY`",
        "candidates.0.content.parts.0.text",
        "Das mache ich nicht 🙅."
      )
    }
  },
  {
    feature: "Page of the web that a text rests on",
    scenario: "sourced",
    from: ["openai", "gemini"],
    arrives: {
      openai: kept("choices.0.message.annotations.0.url_citation.url", PAGE),
      "openai-response": kept("output.0.content.0.annotations.0.url", PAGE),
      claude: changed("as a result of a search, without its encrypted place", "content.0.citations.0.url", PAGE),
      gemini: kept("candidates.0.groundingMetadata.groundingChunks.0.web.uri", PAGE)
    }
  },
  {
    feature: "Page of the web that a text rests on",
    scenario: "sourced",
    from: ["claude"],
    arrives: {
      openai: kept("choices.0.message.annotations.0.url_citation.url", PAGE),
      "openai-response": kept("output.0.content.1.annotations.0.url", PAGE),
      claude: kept("content.1.citations.0.url", PAGE),
      gemini: kept("candidates.0.groundingMetadata.groundingChunks.0.web.uri", PAGE)
    }
  },
  {
    feature: "Where the words are that rest on it",
    scenario: "sourced",
    from: ["openai", "gemini"],
    arrives: {
      openai: kept("choices.0.message.annotations.0.url_citation.start_index", BEFORE.length - 1),
      "openai-response": kept("output.0.content.0.annotations.0.start_index", BEFORE.length - 1),
      claude: dropped("tells it of whole texts", "content.0.citations.0.start_index"),
      gemini: kept("candidates.0.groundingMetadata.groundingSupports.0.segment.startIndex", Buffer.byteLength(BEFORE))
    }
  },
  {
    feature: "Where the words are that rest on it",
    scenario: "sourced",
    from: ["claude"],
    arrives: {
      openai: kept("choices.0.message.annotations.0.url_citation.start_index", BEFORE.length - 1),
      "openai-response": kept("output.0.content.1.annotations.0.start_index", 0),
      claude: kept("content.1.text", CITED),
      gemini: kept("candidates.0.groundingMetadata.groundingSupports.0.segment.text", CITED)
    }
  },
  {
    feature: "Words of the page",
    scenario: "sourced",
    from: ["claude"],
    arrives: {
      openai: dropped("has no field for it", "choices.0.message.annotations.0.url_citation.content"),
      "openai-response": dropped("has no field for it", "output.0.content.1.annotations.0.content"),
      claude: kept("content.1.citations.0.cited_text", "Words of the page."),
      gemini: dropped("has no field for it", "candidates.0.groundingMetadata.groundingChunks.0.web.text")
    }
  },
  {
    feature: "Document of the request that a text rests on",
    scenario: "reading-a-file",
    from: ["claude"],
    arrives: {
      openai: dropped("knows pages of the web alone", "choices.0.message.annotations"),
      "openai-response": changed(
        "as `file_citation` at the end of the text, if it was uploaded before",
        "output.0.content.0.annotations.0.file_id",
        "file_1"
      ),
      claude: kept("content.0.citations.0.file_id", "file_1"),
      gemini: changed(
        "as `retrievedContext`, with its title and the words",
        "candidates.0.groundingMetadata.groundingChunks.0.retrievedContext.text",
        "Föhn: warm"
      )
    }
  },
  {
    feature: "Log probabilities",
    scenario: "max-tokens",
    from: ["openai", "gemini"],
    ask: {
      openai: { logprobs: true, top_logprobs: 2 },
      "openai-response": { include: ["message.output_text.logprobs"], top_logprobs: 2 },
      gemini: { generationConfig: { responseLogprobs: true, logprobs: 2 } }
    },
    arrives: {
      openai: kept("choices.0.logprobs.content.1.top_logprobs.0.logprob", -0.25),
      "openai-response": kept("output.0.content.0.logprobs.1.top_logprobs.0.logprob", -0.25),
      gemini: kept("candidates.0.logprobsResult.topCandidates.1.candidates.0.logProbability", -0.25)
    }
  },
  {
    feature: "Stopped for a call",
    scenario: "calling",
    from: ALL,
    arrives: {
      openai: kept("choices.0.finish_reason", "tool_calls"),
      "openai-response": kept("status", "completed"),
      claude: kept("stop_reason", "tool_use"),
      gemini: kept("candidates.0.finishReason", "STOP")
    }
  },
  {
    feature: "Stopped for want of tokens",
    scenario: "max-tokens",
    from: ALL,
    arrives: {
      openai: kept("choices.0.finish_reason", "length"),
      "openai-response": kept("incomplete_details.reason", "max_output_tokens"),
      claude: kept("stop_reason", "max_tokens"),
      gemini: kept("candidates.0.finishReason", "MAX_TOKENS")
    }
  },
  {
    feature: "Stopped by a filter",
    scenario: "filtered",
    from: ALL,
    arrives: {
      openai: kept("choices.0.finish_reason", "content_filter"),
      "openai-response": kept("incomplete_details.reason", "content_filter"),
      claude: kept("stop_reason", "refusal"),
      gemini: kept("candidates.0.finishReason", "SAFETY")
    }
  },
  {
    feature: "Which stop sequence was met",
    scenario: "stop-sequence",
    from: ["claude"],
    arrives: {
      openai: dropped("has no field for it; the answer just stopped", "choices.0.stop_sequence"),
      "openai-response": dropped("has no field for it; the answer is complete", "stop_sequence"),
      claude: kept("stop_sequence", "drei"),
      gemini: dropped("has no field for it; the answer just stopped", "candidates.0.stopSequence")
    }
  },
  {
    feature: "Tokens read from a cache",
    scenario: "thoughtful",
    from: ALL,
    arrives: {
      openai: kept("usage.prompt_tokens_details.cached_tokens", 30),
      "openai-response": kept("usage.input_tokens_details.cached_tokens", 30),
      claude: kept("usage.cache_read_input_tokens", 30),
      gemini: kept("usageMetadata.cachedContentTokenCount", 30)
    }
  },
  {
    feature: "Tokens written to a cache",
    scenario: "thoughtful",
    from: ["openai", "claude"],
    arrives: {
      openai: kept("usage.prompt_tokens_details.cache_write_tokens", 20),
      "openai-response": kept("usage.input_tokens_details.cache_write_tokens", 20),
      claude: kept("usage.cache_creation_input_tokens", 20),
      gemini: dropped("has no number for it; they count as input", "usageMetadata.cacheWriteTokenCount")
    }
  },
  {
    feature: "Tokens of the question, each once",
    scenario: "thoughtful",
    from: ["openai", "claude"],
    arrives: {
      openai: kept("usage.prompt_tokens", 90),
      "openai-response": kept("usage.input_tokens", 90),
      claude: kept("usage.input_tokens", 40),
      gemini: kept("usageMetadata.promptTokenCount", 90)
    }
  },
  {
    feature: "Tokens of the question, each once",
    scenario: "thoughtful",
    from: ["gemini"],
    arrives: {
      openai: kept("usage.prompt_tokens", 90),
      "openai-response": kept("usage.input_tokens", 90),
      claude: kept("usage.input_tokens", 60),
      gemini: kept("usageMetadata.promptTokenCount", 90)
    }
  },
  {
    feature: "Tokens of thought",
    scenario: "thoughtful",
    from: ALL,
    arrives: {
      openai: kept("usage.completion_tokens_details.reasoning_tokens", 40),
      "openai-response": kept("usage.output_tokens_details.reasoning_tokens", 40),
      claude: kept("usage.output_tokens_details.thinking_tokens", 40),
      gemini: kept("usageMetadata.thoughtsTokenCount", 40)
    }
  },
  {
    feature: "Rate limit",
    scenario: "rate-limited",
    from: ["openai"],
    arrives: {
      openai: kept("error.type", "requests"),
      "openai-response": kept("error.type", "requests"),
      claude: kept("error.type", "rate_limit_error"),
      gemini: kept("error.status", "RESOURCE_EXHAUSTED")
    }
  },
  {
    feature: "Rate limit",
    scenario: "rate-limited",
    from: ["claude", "gemini"],
    arrives: {
      openai: kept("error.type", "rate_limit_error"),
      "openai-response": kept("error.type", "rate_limit_error"),
      claude: kept("error.type", "rate_limit_error"),
      gemini: kept("error.status", "RESOURCE_EXHAUSTED")
    }
  },
  {
    feature: "Refused request",
    scenario: "refused",
    from: ALL,
    arrives: {
      openai: kept("error.type", "invalid_request_error"),
      "openai-response": kept("error.type", "invalid_request_error"),
      claude: kept("error.type", "invalid_request_error"),
      gemini: kept("error.status", "INVALID_ARGUMENT")
    }
  },
  {
    feature: "Number of tokens, asked for",
    scenario: "model",
    count: true,
    from: ["claude", "gemini"],
    arrives: {
      "openai-response": kept("input_tokens", SOME_NUMBER),
      claude: kept("input_tokens", SOME_NUMBER),
      gemini: kept("totalTokens", SOME_NUMBER)
    }
  },
  {
    feature: "Number of tokens, asked for",
    scenario: "model",
    count: true,
    from: ["openai"],
    arrives: {
      "openai-response": changed("counted by the gateway", "input_tokens", SOME_NUMBER),
      claude: changed("counted by the gateway", "input_tokens", SOME_NUMBER),
      gemini: changed("counted by the gateway", "totalTokens", SOME_NUMBER)
    }
  }
]
