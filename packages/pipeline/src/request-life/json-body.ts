import type { JsonObject } from "../canonical/json.ts"
import { isObject, parseJson } from "../codecs/json-fields.ts"

/** A body as a JSON object; `undefined` when it is something else. */
export const jsonObjectOf = (body: Uint8Array): JsonObject | undefined => {
  const json = parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString())
  return isObject(json) ? json : undefined
}
