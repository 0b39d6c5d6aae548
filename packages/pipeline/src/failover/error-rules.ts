import { type ErrorRuleAction, type RuledError, ruleError } from "@cliproxy/scheduler"

/** An operator's rule for error answers: an entry of `request-scoped-errors`. All that it names must fit. */
export interface ErrorRuleSettings {
  /** HTTP status as the provider sent it. Left out: any. */
  readonly status?: number | undefined
  /** Text that the answer holds, in any case of letters. Left out: any. */
  readonly match?: string | undefined
  /** Pattern that the answer fits. Left out: any. */
  readonly pattern?: RegExp | undefined
  readonly action: ErrorRuleAction
}

/** What an action may be called. */
export const errorRuleActions: ReadonlyArray<ErrorRuleAction> = [
  "stop",
  "stop-and-cooldown",
  "continue",
  "continue-and-cooldown"
]

/** A rule's pattern. Flags for all of it may stand before it, as in Go: `(?i)`. `undefined` when it is none. */
export const errorPattern = (text: string): RegExp | undefined => {
  const [lead = "", flags = ""] = /^\(\?([ims]+)\)/.exec(text) ?? []
  try {
    return new RegExp(text.slice(lead.length), flags)
  } catch {
    return undefined
  }
}

/** An error answer, as far as rules look at it. */
export interface RuledAnswer {
  readonly status: number
  /**
   * The provider's `error.message`, `error.type` and `error.code`, in lines; before them the beginning of the body where
   * it holds no error that we can read. What a plugin's executor says, as it is.
   */
  readonly text: string
}

/** What the first rule that fits says of an error answer; `undefined` when none does. */
export const ruleFor = (
  rules: ReadonlyArray<ErrorRuleSettings>,
  { status, text }: RuledAnswer
): RuledError | undefined => {
  for (const rule of rules) {
    if (rule.pattern !== undefined && !rule.pattern.test(text)) continue
    const statuses = rule.status === undefined ? [] : [rule.status]
    const texts = rule.match === undefined ? [] : [rule.match]
    const ruled = ruleError([{ statuses, texts, action: rule.action }], { status, text, provider: "" })
    if (ruled !== undefined) return ruled
  }
  return undefined
}
