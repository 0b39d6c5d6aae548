import type { JsonObject } from "../../canonical/json.ts"
import type { Reasoning, ReasoningAmount, ReasoningLevel } from "../../canonical/reasoning.ts"
import { levelOfBudget, REASONING_LEVELS, reasoningOfText } from "../../canonical/reasoning.ts"
import { isObject, needText, optional, refuse } from "../json-fields.ts"
import { type ModelTraits, traitsOf } from "./model-traits.ts"

/**
 * What a client asks of reasoning: OpenAI's `reasoning_effort`, else OpenRouter's `reasoning`
 * (`{effort, max_tokens, exclude, enabled}`), else Claude's `thinking` (`{type, budget_tokens}`), which several
 * OpenAI-compatible servers took over.
 */
export const decodeReasoningRequest = (json: JsonObject): Reasoning | undefined => {
  const effort = optional(needText, json["reasoning_effort"], "reasoning_effort")
  if (effort !== undefined) return { amount: amountOfEffort(effort, "reasoning_effort") }
  const { reasoning, thinking } = json
  if (isObject(reasoning)) {
    const amount = amountOfObject(reasoning)
    const visible = reasoning["exclude"] === true ? false : undefined
    return amount === undefined && visible === undefined ? undefined : { amount, visible }
  }
  const amount = isObject(thinking) ? amountOfThinking(thinking) : undefined
  return amount === undefined ? undefined : { amount }
}

const amountOfEffort = (effort: string, path: string): ReasoningAmount =>
  reasoningOfText(effort) ?? refuse(path, `must be one of "none", "auto", "${REASONING_LEVELS.join('", "')}"`)

const amountOfObject = (reasoning: JsonObject): ReasoningAmount | undefined => {
  const effort = optional(needText, reasoning["effort"], "reasoning.effort")
  if (effort !== undefined) return amountOfEffort(effort, "reasoning.effort")
  if (reasoning["enabled"] === false) return { mode: "none" }
  return amountOfTokens(reasoning["max_tokens"]) ?? (reasoning["enabled"] === true ? { mode: "auto" } : undefined)
}

const amountOfThinking = (thinking: JsonObject): ReasoningAmount | undefined => {
  switch (thinking["type"]) {
    case "disabled":
      return { mode: "none" }
    case "enabled":
    case "adaptive":
      return amountOfTokens(thinking["budget_tokens"]) ?? { mode: "auto" }
    default:
      return undefined
  }
}

const amountOfTokens = (tokens: unknown): ReasoningAmount | undefined =>
  typeof tokens === "number" && Number.isSafeInteger(tokens) && tokens > 0 ? { mode: "budget", tokens } : undefined

/**
 * The `reasoning_effort` for a model; `undefined` to leave the field out.
 *
 * Models whose levels are known (see `ModelTraits.efforts`) refuse others, so that the nearest one is taken, and OpenAI's
 * that do not reason get none. Of other models nothing is known: a level or `none` that was asked for by name is passed,
 * and a budget becomes a level that is never above `high`, which all servers know.
 */
export const effortFor = (amount: ReasoningAmount, { efforts, openai }: ModelTraits): string | undefined => {
  if (amount.mode === "auto") return undefined
  if (efforts.length > 0) return nearest(wordFor(amount), efforts)
  if (openai) return undefined
  if (amount.mode !== "budget") return wordFor(amount)
  const level = levelOfBudget(amount.tokens)
  return level === "xhigh" || level === "max" ? "high" : level
}

const wordFor = (amount: Exclude<ReasoningAmount, { mode: "auto" }>): Effort => {
  switch (amount.mode) {
    case "none":
      return "none"
    case "level":
      return amount.level
    case "budget":
      return levelOfBudget(amount.tokens)
  }
}

type Effort = "none" | ReasoningLevel

const RISING: ReadonlyArray<string> = ["none", ...REASONING_LEVELS]

/** The word itself, else the highest one below it, else the lowest. `efforts` is in rising order, and not empty. */
const nearest = (word: Effort, efforts: ReadonlyArray<string>): string | undefined => {
  const rank = RISING.indexOf(word)
  return efforts.findLast((effort) => RISING.indexOf(effort) <= rank) ?? efforts[0]
}

/** A chat completion with its reasoning set, and no other word on it left. `auto` leaves it to the provider. */
export const withReasoning = (body: JsonObject, { amount }: Reasoning): JsonObject => {
  if (amount === undefined) return body
  const { reasoning_effort: _effort, reasoning: _reasoning, thinking: _thinking, ...others } = body
  const { model } = body
  const effort = effortFor(amount, traitsOf(typeof model === "string" ? model : ""))
  return effort === undefined ? others : { ...others, reasoning_effort: effort }
}
