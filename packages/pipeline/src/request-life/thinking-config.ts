import type { ThinkingConfig } from "@cliproxy/abi"

import { splitThinkingSuffix } from "../thinking-suffix.ts"
import { jsonObjectOf } from "./json-body.ts"

/** How much of a model's reasoning a request asks for; `undefined` when it does not say. The model's name counts first. */
export const thinkingConfigOf = (model: string, body: Uint8Array): ThinkingConfig | undefined => {
  const { suffix } = splitThinkingSuffix(model)
  return suffix === undefined ? fromBody(body) : fromText(suffix)
}

/**
 * A level or a number of tokens. `none` and 0 switch reasoning off, `auto` and -1 leave it to the model; other negative
 * numbers mean nothing.
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

/** OpenAI's `reasoning_effort`, which is a level. Source: OpenAI API reference, chat completions. */
const fromBody = (body: Uint8Array): ThinkingConfig | undefined => {
  const effort = jsonObjectOf(body)?.["reasoning_effort"]
  return typeof effort === "string" ? fromText(effort) : undefined
}
