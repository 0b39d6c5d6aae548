import type { JsonObject } from "../../canonical/json.ts"
import { tokenCount } from "../../canonical/usage.ts"
import { objectOr } from "../json-fields.ts"

/**
 * The number in an answer to a question for the number of tokens. Chat completions have no such question; what plugins
 * that speak this protocol answer are the words of its usage, or those of the Responses API.
 */
export const decodeTokenCount = (json: JsonObject): number | undefined => {
  const usage = objectOr(json["usage"])
  return [
    json["input_tokens"],
    json["prompt_tokens"],
    json["total_tokens"],
    usage["prompt_tokens"],
    usage["input_tokens"]
  ]
    .map(tokenCount)
    .find((count) => count !== undefined)
}
