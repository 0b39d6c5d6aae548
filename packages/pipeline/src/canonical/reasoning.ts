/** How much a model shall think. */
export type ReasoningAmount =
  | { readonly mode: "none" }
  /** As much as the model finds right. */
  | { readonly mode: "auto" }
  /** Most tokens of thought. */
  | { readonly mode: "budget"; readonly tokens: number }
  | { readonly mode: "level"; readonly level: ReasoningLevel }

/** Levels in rising order. Source: OpenAI API reference, `reasoning_effort`; `max` is Claude's `output_config.effort`. */
export const REASONING_LEVELS = ["minimal", "low", "medium", "high", "xhigh", "max"] as const

export type ReasoningLevel = (typeof REASONING_LEVELS)[number]

/** What the client asks of reasoning. */
export interface Reasoning {
  /** Left out when the client only says how thoughts are shown. */
  readonly amount?: ReasoningAmount | undefined
  /** Whether thoughts, or a summary of them, are part of the answer; left out for the protocol's default. */
  readonly visible?: boolean | undefined
  /** `auto`, `concise`, `detailed`. Source: OpenAI Responses, `reasoning.summary`. */
  readonly summary?: string | undefined
}

export const isReasoningLevel = (text: string): text is ReasoningLevel =>
  (REASONING_LEVELS as ReadonlyArray<string>).includes(text)

/** Tokens that stand for each level where a protocol knows only numbers. */
const BUDGETS: Readonly<Record<ReasoningLevel, number>> = {
  minimal: 512,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 32_768,
  max: 65_536
}

/** The token budget that stands for a level. */
export const budgetOfLevel = (level: ReasoningLevel): number => BUDGETS[level]

/** The lowest level whose budget holds `tokens`. */
export const levelOfBudget = (tokens: number): ReasoningLevel =>
  REASONING_LEVELS.find((level) => tokens <= BUDGETS[level]) ?? "max"

/**
 * The amount in a thinking suffix such as `high`, `8192`, `none` or `auto`; 0 is `none`, -1 is `auto`. `undefined` for a
 * text that means nothing. Source: plugin ABI, thinking.
 */
export const reasoningOfText = (text: string): ReasoningAmount | undefined => {
  const word = text.trim().toLowerCase()
  if (word === "none" || word === "0") return { mode: "none" }
  if (word === "auto" || word === "-1") return { mode: "auto" }
  if (isReasoningLevel(word)) return { mode: "level", level: word }
  const tokens = /^\d+$/.test(word) ? Number(word) : Number.NaN
  return Number.isSafeInteger(tokens) && tokens > 0 ? { mode: "budget", tokens } : undefined
}
