import { isKey, jsonMembers } from "./json-members.ts"

/**
 * Replaces the value of the top-level `model` field in a JSON object's bytes. Every other byte stays as it was:
 * order of fields, white space, escapes, numbers that JavaScript could not hold.
 *
 * `current` is the field's value as `JSON.parse` gave it. When it is `model` already, the very same `body` is returned.
 * When the field occurs more than once, each occurrence is replaced, because parsers disagree on which one counts.
 *
 * `body` must be what `JSON.parse` accepted as an object (a leading byte-order mark is tolerated); nothing is checked again.
 */
export const patchModel = (body: Buffer, current: unknown, model: string): Buffer => {
  if (current === model) return body
  const members = jsonMembers(body).filter((member) => isKey(body, member, "model"))
  if (members.length === 0) return body
  const value = Buffer.from(JSON.stringify(model))
  const parts: Array<Buffer> = []
  let from = 0
  for (const { valueEnd, valueStart } of members) {
    parts.push(body.subarray(from, valueStart), value)
    from = valueEnd
  }
  parts.push(body.subarray(from))
  return Buffer.concat(parts)
}
