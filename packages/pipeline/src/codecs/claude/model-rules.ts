import type { ReasoningLevel } from "../../canonical/reasoning.ts"

/**
 * What a model takes and refuses. The API answers a field that its model does not know with a 400, so a request that was
 * written for another provider has to leave such fields out.
 *
 * Sources: platform.claude.com/docs/en/build-with-claude/thinking (and its page on troubleshooting, with the table by
 * model), /effort, /structured-outputs, /api/errors#prefill-not-supported, and "What's new" of each model.
 */
export interface ModelRules {
  /** Most tokens of an answer; `undefined` when it is not known, and then nothing is cut. */
  readonly outputLimit: number | undefined
  /**
   * How it is told to think. `never`: it cannot. `budget`: `enabled` with `budget_tokens`. `adaptive`: `adaptive` with
   * an effort. `either`: both.
   */
  readonly thinking: "never" | "budget" | "either" | "adaptive"
  /** What comes nearest to no thinking. `effort`: there is no other way than a low effort. */
  readonly thinkingOff: "disabled" | "between_tools" | "effort"
  /** Values of `output_config.effort`, for a model that thinks by effort. */
  readonly efforts: ReadonlyArray<ReasoningLevel>
  /** Whether `tool_choice` can force a call. */
  readonly forcedTool: boolean
  /** `temperature`, `top_p`, `top_k`: all of them, not `temperature` and `top_p` together, or none. */
  readonly sampling: "all" | "one" | "none"
  /** Whether the model goes on with a last message of the assistant. */
  readonly prefill: boolean
  /** Whether it knows `output_config.format` and `strict` tools. */
  readonly structuredOutput: boolean
  /**
   * Whether instructions may stand between the messages, with the role `system`.
   * Source: platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages
   */
  readonly systemTurns: boolean
}

const OLD: ModelRules = {
  outputLimit: 4096,
  thinking: "never",
  thinkingOff: "disabled",
  efforts: [],
  forcedTool: true,
  sampling: "all",
  prefill: true,
  structuredOutput: false,
  systemTurns: false
}

/** Models of other makers behind an endpoint that speaks this protocol: what all of them know. */
const COMPATIBLE: ModelRules = { ...OLD, outputLimit: undefined, thinking: "budget" }

const CLAUDE_3_7: ModelRules = { ...OLD, outputLimit: 64_000, thinking: "budget" }
const CLAUDE_4_1: ModelRules = { ...CLAUDE_3_7, outputLimit: 32_000, sampling: "one", structuredOutput: true }
const CLAUDE_4_5: ModelRules = { ...CLAUDE_4_1, outputLimit: 64_000 }

const CLAUDE_4_6: ModelRules = {
  ...CLAUDE_4_5,
  outputLimit: 128_000,
  thinking: "either",
  efforts: ["low", "medium", "high", "max"],
  prefill: false
}

const CLAUDE_4_7: ModelRules = {
  ...CLAUDE_4_6,
  thinking: "adaptive",
  efforts: ["low", "medium", "high", "xhigh", "max"],
  sampling: "none"
}

const CLAUDE_4_8: ModelRules = { ...CLAUDE_4_7, systemTurns: true }
const ALWAYS_THINKS: ModelRules = { ...CLAUDE_4_8, thinkingOff: "effort" }
const NEVER_FORCED: ModelRules = { ...ALWAYS_THINKS, forcedTool: false }

/** `claude-opus-4-6`, `claude-3-7-sonnet-20250219`, `anthropic.claude-sonnet-4-5@20250929`: the numbers, without the date. */
const VERSION = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/

const rulesOfVersion = (model: string, version: number): ModelRules => {
  if (version < 305) return OLD
  if (version < 307) return { ...OLD, outputLimit: 8192 }
  if (version < 400) return CLAUDE_3_7
  if (version === 400) return model.includes("opus") ? { ...CLAUDE_3_7, outputLimit: 32_000 } : CLAUDE_3_7
  if (version < 405) return CLAUDE_4_1
  if (version === 405) return CLAUDE_4_5
  if (version === 406) return CLAUDE_4_6
  if (model.includes("fable") || model.includes("mythos")) return version > 500 ? NEVER_FORCED : ALWAYS_THINKS
  if (version < 408) return CLAUDE_4_7
  if (version < 505 || model.includes("haiku")) return CLAUDE_4_8
  return model.includes("sonnet") ? { ...NEVER_FORCED, thinkingOff: "between_tools" } : NEVER_FORCED
}

/**
 * The rules of a model by its name. A newer Claude counts as the newest one known; one whose name has no version gets
 * what all of the newer ones take.
 */
export const rulesOfModel = (model: string): ModelRules => {
  const name = model.toLowerCase()
  if (!name.includes("claude")) return COMPATIBLE
  if (name.includes("claude-instant")) return OLD
  const match = VERSION.exec(name)
  if (match === null) return name.includes("mythos") ? ALWAYS_THINKS : CLAUDE_4_7
  return rulesOfVersion(name, Number(match[1]) * 100 + Number(match[2] ?? 0))
}

/** `max_tokens`, which the API needs, for a request that gives none: room for a long answer on every model. */
const DEFAULT_MAX_TOKENS = 32_000

/** Most tokens of an answer for which nobody gave a number. */
export const defaultMaxTokens = (rules: ModelRules): number =>
  Math.min(DEFAULT_MAX_TOKENS, rules.outputLimit ?? DEFAULT_MAX_TOKENS)
