import type { JsonObject } from "./canonical/json.ts"
import { isKey, jsonMembers } from "./json-members.ts"

/**
 * Makes the bytes of a JSON object say what `wanted` says, where that is something else than `current`, the object that
 * the bytes were read as. Fields that are the very same value in both keep their bytes, and with them numbers that
 * JavaScript could not hold; a field that is not in `wanted` goes. `body` is as `patchModel` wants it.
 */
export const patchFields = (body: Buffer, current: JsonObject, wanted: JsonObject): Buffer => {
  const names = [...new Set([...Object.keys(current), ...Object.keys(wanted)])]
  const changed = names.filter((name) => current[name] !== wanted[name])
  if (changed.length === 0) return body
  const kept = jsonMembers(body)
    .filter((member) => !changed.some((name) => isKey(body, member, name)))
    .map(({ keyStart, valueEnd }) => body.toString("utf8", keyStart, valueEnd))
  const added = changed
    .filter((name) => wanted[name] !== undefined)
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(wanted[name])}`)
  return Buffer.from(`{${[...kept, ...added].join(",")}}`)
}
