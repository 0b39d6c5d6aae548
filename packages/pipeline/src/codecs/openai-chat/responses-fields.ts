import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { CanonicalRequest } from "../../canonical/request.ts"
import { objectOr } from "../json-fields.ts"
import type { ModelTraits } from "./model-traits.ts"

/** Fields of a Responses request that a chat completion has under the same name. */
const SAME_NAMES = ["metadata", "prompt_cache_key", "safety_identifier", "service_tier"]

/**
 * What a request of OpenAI's Responses API says that a chat completion can say too, and no other protocol. For OpenAI's
 * own models alone: most other servers refuse what they do not know.
 * Sources: https://platform.openai.com/docs/api-reference/responses/create and .../chat/create.
 */
export const responsesFields = ({ extensions }: CanonicalRequest, { openai }: ModelTraits): JsonObject => {
  const kept = openai ? extensionsFor("openai-response", extensions) : undefined
  if (kept === undefined) return {}
  const { verbosity } = objectOr(kept["text"])
  return {
    ...Object.fromEntries(SAME_NAMES.map((name) => [name, kept[name] ?? undefined])),
    verbosity: verbosity ?? undefined
  }
}
