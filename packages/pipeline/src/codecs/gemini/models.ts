import type { JsonObject } from "../../canonical/json.ts"
import type { ModelListing } from "../../gateway.ts"

/** One model, as `models.get` answers. Source: https://ai.google.dev/api/models#Model */
export const encodeModel = ({ id, ownedBy }: ModelListing): JsonObject => ({
  name: `models/${id}`,
  displayName: id,
  description: `${id}, served by ${ownedBy}.`,
  supportedGenerationMethods: ["generateContent", "streamGenerateContent", "countTokens"]
})

/** A list of models, as `models.list` answers it, on one page. */
export const encodeModels = (models: ReadonlyArray<ModelListing>): JsonObject => ({ models: models.map(encodeModel) })
