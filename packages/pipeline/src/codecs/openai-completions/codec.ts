import { Result } from "effect"

import type { JsonObject } from "../../canonical/json.ts"
import type { InvalidRequest } from "../../gateway-error.ts"

export const chatOfCompletion = (json: JsonObject): Result.Result<JsonObject, InvalidRequest> => Result.succeed(json)
export const completionOfChat = (json: JsonObject): JsonObject => json
export const completionChunkOfChat = (json: JsonObject): JsonObject | undefined => json
