import type { JsonObject } from "../../canonical/json.ts"
import {
  budgetOfLevel,
  isReasoningLevel,
  levelOfBudget,
  REASONING_LEVELS,
  type Reasoning,
  type ReasoningAmount,
  type ReasoningLevel
} from "../../canonical/reasoning.ts"
import { isObject, needFlag, needText, objectOr, optional } from "../json-fields.ts"
import { modelFeatures, type ThinkingForm } from "./model-features.ts"
import { needWireNumber, wireField } from "./wire-fields.ts"

/**
 * Reads `thinkingConfig`. Thoughts are shown only when `includeThoughts` says so. Source:
 * https://ai.google.dev/api/generate-content#ThinkingConfig
 */
export const decodeThinking = (config: JsonObject, path: string): Reasoning => ({
  amount: decodeAmount(config, path),
  visible:
    optional(needFlag, wireField(config, "includeThoughts", "include_thoughts"), `${path}.includeThoughts`) ?? false
})

const decodeAmount = (config: JsonObject, path: string): ReasoningAmount | undefined => {
  const budget = wireField(config, "thinkingBudget", "thinking_budget")
  const tokens = optional(needWireNumber, budget, `${path}.thinkingBudget`)
  if (tokens !== undefined) {
    if (tokens === 0) return { mode: "none" }
    return tokens < 0 ? { mode: "auto" } : { mode: "budget", tokens }
  }
  const level = wireField(config, "thinkingLevel", "thinking_level")
  const word = optional(needText, level, `${path}.thinkingLevel`)?.toLowerCase()
  return word !== undefined && isReasoningLevel(word) ? { mode: "level", level: word } : undefined
}

/**
 * `thinkingConfig` for a model; `undefined` for nothing to say. An amount that the model does not know becomes the
 * nearest it does. Thoughts are asked for along with an amount, unless the client does not want to see them.
 */
export const encodeThinking = (reasoning: Reasoning | undefined, model: string): JsonObject | undefined => {
  if (reasoning === undefined) return undefined
  const { thinking } = modelFeatures(model)
  if (thinking.form === "none") return undefined
  const { amount, visible } = reasoning
  const fields = amount === undefined ? {} : amountFields(amount, thinking)
  const shown = amount?.mode !== "none" && (visible ?? amount !== undefined)
  const config = shown ? { ...fields, includeThoughts: true } : fields
  return Object.keys(config).length === 0 ? undefined : config
}

const amountFields = (amount: ReasoningAmount, thinking: ThinkingForm): JsonObject => {
  switch (thinking.form) {
    case "none":
      return {}
    case "level":
      return amount.mode === "auto" ? {} : { thinkingLevel: nearestLevel(levelOf(amount), thinking.levels) }
    case "budget": {
      if (amount.mode === "auto") return { thinkingBudget: -1 }
      if (amount.mode === "none") return { thinkingBudget: thinking.canStop ? 0 : thinking.least }
      const tokens = amount.mode === "budget" ? amount.tokens : budgetOfLevel(amount.level)
      return { thinkingBudget: Math.min(Math.max(tokens, thinking.least), thinking.most) }
    }
    case "unknown":
      if (amount.mode === "level") return { thinkingLevel: amount.level }
      if (amount.mode === "budget") return { thinkingBudget: amount.tokens }
      return { thinkingBudget: amount.mode === "none" ? 0 : -1 }
  }
}

/** Thinking cannot be turned off where it has levels: the lowest is the nearest to none. */
const levelOf = (amount: Exclude<ReasoningAmount, { readonly mode: "auto" }>): ReasoningLevel => {
  if (amount.mode === "none") return "minimal"
  return amount.mode === "level" ? amount.level : levelOfBudget(amount.tokens)
}

const nearestLevel = (level: ReasoningLevel, levels: ReadonlyArray<ReasoningLevel>): ReasoningLevel => {
  const wanted = REASONING_LEVELS.indexOf(level)
  return levels.findLast((known) => REASONING_LEVELS.indexOf(known) <= wanted) ?? levels[0] ?? level
}

/**
 * A request body with its thinking set, whatever it said before. `model` is the provider's, when it is known: what is
 * asked is then fitted to it.
 */
export const withThinking = (body: JsonObject, reasoning: Reasoning, model: string | undefined): JsonObject => {
  const name = isObject(body["generation_config"]) ? "generation_config" : "generationConfig"
  const config = objectOr(body[name])
  const {
    thinkingBudget: _budget,
    thinking_budget: _protoBudget,
    thinkingLevel: _level,
    thinking_level: _protoLevel,
    includeThoughts,
    include_thoughts: includeProtoThoughts,
    ...others
  } = objectOr(wireField(config, "thinkingConfig", "thinking_config"))
  const { thinking_config: _protoConfig, thinkingConfig: _config, ...otherConfig } = config
  const { thinking } = modelFeatures(model ?? "")
  if (thinking.form === "none") return { ...body, [name]: otherConfig }
  const amount = reasoning.amount === undefined ? {} : amountFields(reasoning.amount, thinking)
  // Under one name, whatever the client called it: a server refuses both at once.
  const visible = reasoning.visible ?? includeThoughts ?? includeProtoThoughts
  const shown = visible === undefined ? {} : { includeThoughts: visible }
  return { ...body, [name]: { ...otherConfig, thinkingConfig: { ...others, ...amount, ...shown } } }
}
