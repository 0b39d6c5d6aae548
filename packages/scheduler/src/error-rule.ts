/**
 * What an operator wants to happen after an error answer.
 *
 * `stop`: the client gets it at once; `continue`: the next credential is tried. Without `-and-cooldown` the credential
 * does not rest for it, with it it does, also for what would otherwise be the request's fault.
 */
export type ErrorRuleAction = "stop" | "stop-and-cooldown" | "continue" | "continue-and-cooldown"

/** An operator's rule for error answers. All that it names must fit; a rule that names nothing fits every answer. */
export interface ErrorRule {
  /** HTTP statuses. Left out or empty: any. */
  readonly statuses?: ReadonlyArray<number> | undefined
  /** Texts of which the answer's body holds one, in any case of letters. Left out or empty: any. */
  readonly texts?: ReadonlyArray<string> | undefined
  /** Provider keys. Left out or empty: any. */
  readonly providers?: ReadonlyArray<string> | undefined
  readonly action: ErrorRuleAction
}

/** An error answer of a provider, as far as rules look at it. */
export interface ErrorAnswer {
  readonly status: number
  /** Its body, or its message. */
  readonly text: string
  /** Provider key, lower-case. */
  readonly provider: string
}

/** What a rule decided. */
export interface RuledError {
  readonly rule: ErrorRule
  /** Whether another credential is tried. */
  readonly failsOver: boolean
  /** Whether the credential rests: the `rests` of the attempt's outcome. */
  readonly rests: boolean
}

const names = <A>(list: ReadonlyArray<A> | undefined): list is ReadonlyArray<A> => list !== undefined && list.length > 0

const fits = ({ providers, statuses, texts }: ErrorRule, answer: ErrorAnswer): boolean => {
  if (names(statuses) && !statuses.includes(answer.status)) return false
  if (names(providers) && !providers.includes(answer.provider)) return false
  if (!names(texts)) return true
  const body = answer.text.toLowerCase()
  return texts.some((text) => body.includes(text.toLowerCase()))
}

/** What the first rule that fits says of an error answer; `undefined` when none does, and the status decides. */
export const ruleError = (rules: ReadonlyArray<ErrorRule>, answer: ErrorAnswer): RuledError | undefined => {
  const rule = rules.find((one) => fits(one, answer))
  if (rule === undefined) return undefined
  return { rule, failsOver: rule.action.startsWith("continue"), rests: rule.action.endsWith("-and-cooldown") }
}
