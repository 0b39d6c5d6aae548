/**
 * What is known of a model by its name. OpenAI's own models refuse what they do not have, and take what nobody else
 * does; all other names stand for OpenAI-compatible servers, which get the older and plainer form of everything.
 */
export interface ModelTraits {
  /** One of OpenAI's: `gpt-4o`, `openai/o3`, `ft:gpt-4.1:org::id`; not the open `gpt-oss`. */
  readonly openai: boolean
  /** One of OpenAI's that reasons: it wants `max_completion_tokens`, and refuses sampling while it reasons. */
  readonly reasons: boolean
  /** The words that `reasoning_effort` takes, in rising order. None for a model that does not reason, or is not known. */
  readonly efforts: ReadonlyArray<string>
  /** Whether it takes `parallel_tool_calls`: OpenAI's o-series refuses the word. */
  readonly parallelCalls: boolean
  /** One of Google's, which alone can read Gemini's signatures. */
  readonly gemini: boolean
  /**
   * One of Mistral's, which takes IDs of calls of nine letters and digits and no others, and between the answers of tools
   * and a user's message one of its own.
   */
  readonly mistral: boolean
  /** One of Moonshot's or DeepSeek's, which refuse a tool call without its thought while they think. */
  readonly wantsThoughts: boolean
}

const UNKNOWN: ModelTraits = {
  openai: false,
  reasons: false,
  efforts: [],
  parallelCalls: true,
  gemini: false,
  mistral: false,
  wantsThoughts: false
}
/** Source: https://ai.google.dev/gemini-api/docs/openai, thinking. */
const GEMINI: ModelTraits = { ...UNKNOWN, efforts: ["none", "minimal", "low", "medium", "high"], gemini: true }
const PLAIN: ModelTraits = { ...UNKNOWN, openai: true }
/** Source: https://api-docs.deepseek.com/guides/thinking_mode, tool calls. Moonshot's API asks for the same. */
const THINKERS: ModelTraits = { ...UNKNOWN, wantsThoughts: true }
const MISTRAL: ModelTraits = { ...UNKNOWN, mistral: true }
const MISTRAL_NAME = /^(?:open-)?(?:mistral|mixtral|ministral|codestral|devstral|magistral|pixtral|voxtral)/

const reasoning = (...efforts: ReadonlyArray<string>): ModelTraits => ({ ...PLAIN, reasons: true, efforts })

const UP_FROM_LOW = ["low", "medium", "high"]
const O_SERIES: ModelTraits = { ...reasoning(...UP_FROM_LOW), parallelCalls: false }
const GPT_5 = reasoning("minimal", ...UP_FROM_LOW)
const GPT_5_CODEX = reasoning(...UP_FROM_LOW)
const GPT_5_1 = reasoning("none", ...UP_FROM_LOW)
const GPT_5_1_CODEX_MAX = reasoning("none", ...UP_FROM_LOW, "xhigh")
const GPT_5_2_AND_LATER = GPT_5_1_CODEX_MAX
const GPT_5_PRO = reasoning("high")

const GPT = /^gpt-(\d+)(?:\.(\d+))?/

/** Source: https://platform.openai.com/docs/api-reference/chat/create, `reasoning_effort`, and each model's page. */
export const traitsOf = (model: string): ModelTraits => {
  const name = model
    .slice(model.lastIndexOf("/") + 1)
    .toLowerCase()
    .replace(/^ft:/, "")
  if (name.startsWith("gemini")) return GEMINI
  if (MISTRAL_NAME.test(name)) return MISTRAL
  if (name.startsWith("kimi") || name.startsWith("deepseek")) return THINKERS
  if (/^o\d/.test(name)) return O_SERIES
  if (name.startsWith("chatgpt-")) return PLAIN
  const version = GPT.exec(name)
  if (version === null) return UNKNOWN
  const major = Number(version[1])
  const minor = Number(version[2] ?? 0)
  if (major < 5 || name.includes("-chat")) return PLAIN
  if (major > 5 || minor >= 2) return GPT_5_2_AND_LATER
  if (minor === 1) return name.includes("codex-max") ? GPT_5_1_CODEX_MAX : GPT_5_1
  if (name.includes("-pro")) return GPT_5_PRO
  return name.includes("codex") ? GPT_5_CODEX : GPT_5
}
