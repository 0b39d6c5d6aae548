import type { ThinkingConfig } from "@cliproxy/abi"
import { Result } from "effect"

import type { ReasoningAmount } from "../canonical/reasoning.ts"
import { splitThinkingSuffix } from "../models/thinking-suffix.ts"
import { clientCodec } from "../translate/codecs.ts"
import { jsonObjectOf } from "./json-body.ts"

/**
 * How much of a model's reasoning a request in the format `from` asks for; `undefined` when it does not say. The model's
 * name counts first.
 */
export const thinkingConfigOf = (model: string, from: string, body: Uint8Array): ThinkingConfig | undefined => {
  const { suffix } = splitThinkingSuffix(model)
  return suffix === undefined ? fromBody(from, body) : fromText(suffix)
}

/**
 * A level or a number of tokens. `none` and 0 switch reasoning off, `auto` and -1 leave it to the model; other negative
 * numbers mean nothing. Levels that only the plugin knows are its own to judge.
 */
const fromText = (text: string): ThinkingConfig | undefined => {
  const level = text.trim().toLowerCase()
  if (level === "") return undefined
  if (level === "none" || level === "0") return { Mode: "none", Budget: 0, Level: "" }
  if (level === "auto" || level === "-1") return { Mode: "auto", Budget: -1, Level: "" }
  if (!/^-?\d+$/.test(level)) return { Mode: "level", Budget: 0, Level: level }
  const budget = Number(level)
  return budget > 0 && Number.isSafeInteger(budget) ? { Mode: "budget", Budget: budget, Level: "" } : undefined
}

/** OpenAI's effort may be a level that only the plugin knows; of the others, what their codecs read. */
const fromBody = (from: string, body: Uint8Array): ThinkingConfig | undefined => {
  const json = jsonObjectOf(body)
  if (json === undefined) return undefined
  const effort = json["reasoning_effort"]
  if (from === "openai") return typeof effort === "string" ? fromText(effort) : undefined
  const decoded = clientCodec(from)?.decodeRequest(json, { model: "", stream: false })
  const amount = decoded !== undefined && Result.isSuccess(decoded) ? decoded.success.reasoning?.amount : undefined
  return amount === undefined ? undefined : fromAmount(amount)
}

const fromAmount = (amount: ReasoningAmount): ThinkingConfig => {
  switch (amount.mode) {
    case "none":
      return { Mode: "none", Budget: 0, Level: "" }
    case "auto":
      return { Mode: "auto", Budget: -1, Level: "" }
    case "budget":
      return { Mode: "budget", Budget: amount.tokens, Level: "" }
    case "level":
      return { Mode: "level", Budget: 0, Level: amount.level }
  }
}
