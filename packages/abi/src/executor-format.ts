import type { Capabilities } from "./lifecycle.ts"
import { trimSpace } from "./trim-space.ts"

/** Formats that the ABI names. Plugins may use names of their own beside them. */
export const formatNames = [
  "openai",
  "openai-response",
  "claude",
  "gemini",
  "codex",
  "antigravity",
  "interactions",
  "openai-image",
  "openai-video"
] as const

/** Other names of formats, in lower case. Empty text: no format at all. */
const aliases: ReadonlyMap<string, string> = new Map([
  ["chat-completions", "openai"],
  ["chat_completions", "openai"],
  ["openai-chat-completions", "openai"],
  ["openai_chat_completions", "openai"],
  ["responses", "openai-response"],
  ["openai-responses", "openai-response"],
  ["openai_responses", "openai-response"],
  ["anthropic", "claude"],
  ["none", ""]
])

/**
 * The formats that an executor declares, as a host compares them: trimmed, other names in any case replaced by the
 * ABI's, blank ones and `none` left out, each once, in their order. All else stays as written.
 */
export const normalizeExecutorFormats = (declared: ReadonlyArray<string>): ReadonlyArray<string> => {
  const names = declared.map((format) => {
    const name = trimSpace(format)
    return aliases.get(name.toLowerCase()) ?? name
  })
  return [...new Set(names)].filter((name) => name !== "")
}

/** Which models an executor serves: those listed without a credential, those of credentials, or both. */
export type ExecutorModelScope = "both" | "static" | "oauth"

/** Reads the scope that an executor declares; unknown and empty texts mean `both`. */
export const executorModelScope = (capabilities: Capabilities): ExecutorModelScope => {
  const scope = capabilities.executor_model_scope
  return scope === "static" || scope === "oauth" ? scope : "both"
}
