import type { JsonObject } from "../../canonical/json.ts"
import type { ModelListing } from "../../gateway.ts"

/** A `model` object. Source: https://platform.openai.com/docs/api-reference/models/object. */
export const encodeModel = ({ id, created, ownedBy }: ModelListing): JsonObject => ({
  id,
  object: "model",
  created,
  owned_by: ownedBy
})

/** A list of them. Source: https://platform.openai.com/docs/api-reference/models/list. */
export const encodeModels = (models: ReadonlyArray<ModelListing>): JsonObject => ({
  object: "list",
  data: models.map(encodeModel)
})
