import type { JsonObject } from "../canonical/json.ts"
import { isKey, jsonMembers } from "./json-members.ts"

/**
 * Makes the bytes of a JSON object say what `wanted` says, where that is something else than `current`, the object that
 * the bytes were read as. All other bytes stay as they were, and with them numbers that JavaScript could not hold. A
 * field that is not in `wanted` goes; a new one comes last. `body` is as `patchModel` wants it.
 */
export const patchFields = (body: Buffer, current: JsonObject, wanted: JsonObject): Buffer => {
  if (current === wanted) return body
  const names = [...new Set([...Object.keys(current), ...Object.keys(wanted)])]
  const changed = names.filter((name) => current[name] !== wanted[name])
  if (changed.length === 0) return body
  const members = jsonMembers(body)
  const added = changed
    .filter((name) => wanted[name] !== undefined)
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(wanted[name])}`)
  const parts: Array<Buffer> = [body.subarray(0, members[0]?.keyStart ?? body.lastIndexOf(CLOSE_BRACE))]
  let kept = 0
  members.forEach((member, index) => {
    if (changed.some((name) => isKey(body, member, name))) return
    // With the comma before it, and the white space around that.
    const from = kept++ === 0 ? member.keyStart : (members[index - 1]?.valueEnd ?? member.keyStart)
    parts.push(body.subarray(from, member.valueEnd))
  })
  if (added.length > 0) parts.push(Buffer.from(`${kept === 0 ? "" : ","}${added.join(",")}`))
  parts.push(body.subarray(members.at(-1)?.valueEnd ?? body.lastIndexOf(CLOSE_BRACE)))
  return Buffer.concat(parts)
}

const CLOSE_BRACE = 0x7d
