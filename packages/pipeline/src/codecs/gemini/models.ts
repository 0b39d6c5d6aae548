import type { JsonObject } from "../../canonical/json.ts"
import type { ModelListing } from "../../gateway.ts"

/** One model, as `models.get` answers. Source: https://ai.google.dev/api/models#Model */
export const encodeModel = ({ contextLength, displayName, id, ownedBy }: ModelListing): JsonObject => ({
  name: `models/${id}`,
  displayName: displayName ?? id,
  description: `${id}, served by ${ownedBy}.`,
  ...(contextLength === undefined ? {} : { inputTokenLimit: contextLength }),
  supportedGenerationMethods: ["generateContent", "streamGenerateContent", "countTokens"]
})

/** A list of models, as `models.list` answers it, on one page. */
export const encodeModels = (models: ReadonlyArray<ModelListing>): JsonObject => ({ models: models.map(encodeModel) })
