import type { JsonObject } from "../../canonical/json.ts"
import { isReasoningLevel, type Reasoning, type ReasoningAmount } from "../../canonical/reasoning.ts"
import { needNumber, needObject, needText, optional, refuse } from "../json-fields.ts"

/**
 * What `thinking` and `output_config.effort` ask. A budget and a switched-off thinking say more than an effort does;
 * with `adaptive`, or alone, the effort is the amount.
 */
export const decodeReasoning = (thinking: unknown, effort: unknown): Reasoning | undefined => {
  const config = optional(needObject, thinking, "thinking")
  const level = optional(needText, effort, "output_config.effort")
  const said = config === undefined ? undefined : decodeThinking(config)
  const byEffort = level !== undefined && isReasoningLevel(level) ? ({ mode: "level", level } as const) : undefined
  const amount = said === undefined || said.mode === "auto" ? (byEffort ?? said) : said
  const visible = config === undefined ? undefined : decodeDisplay(config)
  return amount === undefined && visible === undefined ? undefined : { amount, visible }
}

const decodeThinking = (config: JsonObject): ReasoningAmount => {
  switch (config["type"]) {
    case "enabled":
      return { mode: "budget", tokens: needNumber(config["budget_tokens"], "thinking.budget_tokens") }
    case "disabled":
      return { mode: "none" }
    case "adaptive":
      return { mode: "auto" }
    // The least that its models can do: notes between calls of tools.
    case "between_tools":
      return { mode: "level", level: "minimal" }
    default:
      return refuse("thinking.type", 'must be "enabled", "disabled", "adaptive" or "between_tools"')
  }
}

const decodeDisplay = (config: JsonObject): boolean | undefined => {
  const display = optional(needText, config["display"], "thinking.display")
  return display === undefined ? undefined : display !== "omitted"
}
