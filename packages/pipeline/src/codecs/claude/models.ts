import type { JsonObject } from "../../canonical/json.ts"
import type { ModelListing } from "../../gateway.ts"

/** Unix seconds as RFC 3339; the epoch when the time is not known, as the reference has it. */
const createdAt = (seconds: number): string => {
  const time = new Date(seconds * 1000)
  return Number.isNaN(time.getTime()) ? "1970-01-01T00:00:00Z" : time.toISOString().replace(".000Z", "Z")
}

/** One model. Source: platform.claude.com/docs/en/api/models. */
export const encodeModel = ({ contextLength, created, displayName, id }: ModelListing): JsonObject => ({
  type: "model",
  id,
  display_name: displayName ?? id,
  created_at: createdAt(created),
  ...(contextLength === undefined ? {} : { max_input_tokens: contextLength })
})

/** All models as one page. Source: platform.claude.com/docs/en/api/models-list. */
export const encodeModels = (models: ReadonlyArray<ModelListing>): JsonObject => ({
  data: models.map(encodeModel),
  has_more: false,
  first_id: models[0]?.id ?? null,
  last_id: models.at(-1)?.id ?? null
})
