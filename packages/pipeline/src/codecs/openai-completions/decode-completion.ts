import type { Result } from "effect"

import type { JsonObject } from "../../canonical/json.ts"
import type { InvalidRequest } from "../../gateway-error.ts"
import {
  kindOf,
  needFlag,
  needNumber,
  needText,
  optional,
  otherFields,
  readingRequest,
  refuse
} from "../json-fields.ts"

/** Fields that a chat completion does not have. */
const FIELDS = new Set(["prompt", "suffix", "echo", "best_of", "logprobs"])

/**
 * A legacy completion (`/v1/completions`) as the chat completion that asks for the same: the prompt becomes a user's
 * message. What a chat cannot do is refused: several prompts, prompts as tokens, a suffix, an echo, the best of several,
 * log probabilities. All other fields mean the same in both and are passed on; without `max_tokens` the answer is as
 * long as the model makes it, where the old default was 16.
 * Source: https://platform.openai.com/docs/api-reference/completions/create. Fails with 400 naming the field.
 */
export const chatOfCompletion = (json: JsonObject): Result.Result<JsonObject, InvalidRequest> =>
  readingRequest(() => {
    const suffix = optional(needText, json["suffix"], "suffix")
    if (suffix !== undefined && suffix !== "") refuse("suffix", "is not supported: chat models do not fill in")
    if (optional(needFlag, json["echo"], "echo") === true) refuse("echo", "is not supported")
    if (optional(needNumber, json["logprobs"], "logprobs") !== undefined) refuse("logprobs", "is not supported")
    const choices = optional(needNumber, json["n"], "n") ?? 1
    const best = optional(needNumber, json["best_of"], "best_of") ?? choices
    if (best > choices) refuse("best_of", "must not be more than `n`: answers are not ranked")
    const content = promptOf(json["prompt"])
    return { ...otherFields(json, FIELDS), messages: [{ role: "user", content }] }
  })

const promptOf = (prompt: unknown): string => {
  if (typeof prompt === "string") return prompt
  if (prompt === undefined) return refuse("prompt", "is required")
  if (!Array.isArray(prompt))
    return refuse("prompt", `must be a string or an array of one string, not ${kindOf(prompt)}`)
  const first: unknown = prompt[0]
  if (typeof first === "number" || Array.isArray(first)) {
    return refuse("prompt", "must be text: arrays of tokens are not supported")
  }
  if (prompt.length !== 1)
    return refuse("prompt", `must hold one prompt, not ${prompt.length}: send a request for each`)
  return needText(first, "prompt[0]")
}
