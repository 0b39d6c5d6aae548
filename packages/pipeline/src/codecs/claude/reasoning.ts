import type { JsonObject } from "../../canonical/json.ts"
import {
  budgetOfLevel,
  levelOfBudget,
  REASONING_LEVELS,
  type Reasoning,
  type ReasoningLevel
} from "../../canonical/reasoning.ts"
import { isObject, listOr, numberOr, objectOr, textOr } from "../json-fields.ts"
import { isThought } from "./encode-messages.ts"
import { defaultMaxTokens, type ModelRules, rulesOfModel } from "./model-rules.ts"

/** Least `budget_tokens` that the API takes. Source: platform.claude.com/docs/en/build-with-claude/extended-thinking. */
const LEAST_BUDGET = 1024

/** What a request says of thinking, and what follows for its other fields. */
export interface ThinkingPlan {
  /** `undefined` leaves the field out. */
  readonly thinking: JsonObject | undefined
  /** `output_config.effort`. */
  readonly effort: string | undefined
  readonly maxTokens: number
  /** Whether the model was told to think: then sampling and prefill are not free any more. */
  readonly thinks: boolean
}

/** What of the rest of the request bears on thinking. */
export interface ThinkingSurroundings {
  /** `max_tokens` as the client gave it. */
  readonly maxTokens: number | undefined
  /** Whether `tool_choice` makes the model call a tool: the API refuses to think then. */
  readonly forcesTool: boolean
  /** See `lacksThought`: the API refuses to think with a budget then. */
  readonly lacksThought: boolean
}

/**
 * How a model is told to think. Levels, budgets and "as you like" are turned into what the model knows; a budget is
 * lowered to leave a quarter of `max_tokens` for the answer when it would not fit, and a `max_tokens` that holds no
 * thought at all switches it off. Without a `max_tokens` of the client's, there is room for both. What the API refuses
 * beside thinking wins over thinking, which is then off for this request: a forced call is what the client waits for.
 */
export const planThinking = (
  reasoning: Reasoning | undefined,
  rules: ModelRules,
  surroundings: ThinkingSurroundings
): ThinkingPlan => {
  const amount = reasoning?.amount
  const asked = surroundings.maxTokens
  const maxTokens = Math.min(asked ?? defaultMaxTokens(rules), rules.outputLimit ?? Number.POSITIVE_INFINITY)
  const silent: ThinkingPlan = { thinking: undefined, effort: undefined, maxTokens, thinks: false }
  if (reasoning === undefined || amount === undefined || rules.thinking === "never") return silent
  if (amount.mode === "none") return withoutThinking(rules, maxTokens)
  if (surroundings.forcesTool && rules.thinkingOff === "disabled") return withoutThinking(rules, maxTokens)
  const byBudget = rules.thinking === "budget" || (rules.thinking === "either" && amount.mode === "budget")
  const display = displayOf(reasoning)
  if (!byBudget) {
    const level =
      amount.mode === "level" ? amount.level : amount.mode === "budget" ? levelOfBudget(amount.tokens) : null
    const thinking = { type: "adaptive", ...display }
    return { thinking, effort: level === null ? undefined : effortOf(level, rules), maxTokens, thinks: true }
  }
  if (surroundings.lacksThought) return withoutThinking(rules, maxTokens)
  const tokens =
    amount.mode === "budget" ? amount.tokens : budgetOfLevel(amount.mode === "level" ? amount.level : "medium")
  const room =
    asked === undefined ? Math.min(maxTokens + tokens, rules.outputLimit ?? Number.POSITIVE_INFINITY) : maxTokens
  const budget = Math.max(LEAST_BUDGET, tokens < room ? tokens : Math.floor(room * 0.75))
  if (budget >= room) return silent
  return {
    thinking: { type: "enabled", budget_tokens: budget, ...display },
    effort: undefined,
    maxTokens: room,
    thinks: true
  }
}

const displayOf = (reasoning: Reasoning): JsonObject =>
  reasoning.visible === undefined ? {} : { display: reasoning.visible ? "summarized" : "omitted" }

const withoutThinking = (rules: ModelRules, maxTokens: number): ThinkingPlan => {
  const effort = rules.thinkingOff === "effort" ? "low" : undefined
  const thinking = effort === undefined ? { type: rules.thinkingOff } : undefined
  return { thinking, effort, maxTokens, thinks: rules.thinkingOff !== "disabled" }
}

/** The highest effort of the model that is not above the level; its lowest for a level below all of them. */
const effortOf = (level: ReasoningLevel, { efforts }: ModelRules): string | undefined => {
  const rank = REASONING_LEVELS.indexOf(level)
  return efforts.findLast((effort) => REASONING_LEVELS.indexOf(effort) <= rank) ?? efforts[0]
}

/** A message as a body has it. */
interface WrittenMessage {
  readonly role?: unknown
  readonly content?: unknown
}

/**
 * Whether calls of tools are under way and a message of their turn does not begin with a thought, which was another
 * model's and is lost; or the model shall go on with its last turn. With a budget the API refuses to think on then: "a
 * final assistant message must start with a thinking block (preceeding the lastmost set of tool_use and tool_result
 * blocks)". Adaptive thinking does not ask for it.
 */
export const lacksThought = (messages: ReadonlyArray<WrittenMessage>): boolean => {
  let lacks = false
  for (let index = messages.length - 1; index >= 0; index--) {
    const { content: blocks, role } = messages[index]!
    const content = listOr(blocks)
    if (role === "assistant") lacks ||= !isThought(objectOr(content[0]))
    else if (!content.some((block) => isObject(block) && block["type"] === "tool_result")) break
  }
  return lacks
}

/** Whether a `tool_choice` makes the model call a tool. */
export const forcesTool = (choice: unknown): boolean => {
  const type = isObject(choice) ? choice["type"] : undefined
  return type === "any" || type === "tool"
}

/**
 * A request body as it was, with thinking as the suffix of the model's name asks. Of the other fields those change that
 * the API refuses beside thinking. `max_tokens` stays as the client gave it, and bounds a budget.
 */
export const withReasoning = (body: JsonObject, reasoning: Reasoning): JsonObject => {
  if (reasoning.amount === undefined) return body
  const rules = rulesOfModel(textOr(body["model"]))
  const messages = listOr(body["messages"]).filter(isObject)
  const plan = planThinking(reasoning, rules, {
    maxTokens: numberOr(body["max_tokens"]),
    forcesTool: forcesTool(body["tool_choice"]),
    lacksThought: lacksThought(messages)
  })
  const { output_config: output, thinking: _, ...rest } = body
  const changed: Record<string, unknown> = { ...rest }
  if (plan.thinking !== undefined) changed["thinking"] = plan.thinking
  const { effort: _effort, ...outputRest } = objectOr(output)
  const effort = plan.effort === undefined ? outputRest : { ...outputRest, effort: plan.effort }
  if (Object.keys(effort).length > 0) changed["output_config"] = effort
  if (plan.thinks) limitSampling(changed)
  return changed
}

/**
 * Takes out of a request what the API refuses beside thinking: `temperature` and `top_k`, and `top_p` outside of 0.95
 * to 1. Source: platform.claude.com/docs/en/build-with-claude/thinking, compatibility.
 */
export const limitSampling = (body: Record<string, unknown>): void => {
  delete body["temperature"]
  delete body["top_k"]
  const topP = body["top_p"]
  if (typeof topP === "number" && (topP < 0.95 || topP > 1)) delete body["top_p"]
}
