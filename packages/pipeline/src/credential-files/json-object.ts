import { Result } from "effect"
import { isDeepStrictEqual } from "node:util"

import type { JsonObject } from "../canonical/json.ts"
import { isObject } from "../codecs/json-fields.ts"
import { nestsDeeper } from "../wire/json-depth.ts"

/** Deepest nesting of lists and objects that is read. What walks through an object calls itself for each level. */
const MAX_DEPTH = 100

/**
 * Reads the text of a JSON object, which may begin with a byte order mark. Fails with a sentence that shows nothing of
 * the text.
 */
export const readJsonObject = (text: string): Result.Result<JsonObject, string> => {
  const json = withoutByteOrderMark(text)
  if (json.trim() === "") return Result.fail("it is empty")
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    return Result.fail(`it is not JSON${placeOf(error)}`)
  }
  if (!isObject(value)) return Result.fail("it is not a JSON object")
  return nestsDeeper(value, MAX_DEPTH)
    ? Result.fail(`it is nested more than ${MAX_DEPTH} levels deep`)
    : Result.succeed(value)
}

/** Some editors put one in front of UTF-8. */
export const withoutByteOrderMark = (text: string): string => (text.startsWith("\ufeff") ? text.slice(1) : text)

/** Where the parser gave up. The rest of its message quotes the text, which may be a token. */
const placeOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : ""
  const [, line, column] = /\(line (\d+) column (\d+)\)$/.exec(message) ?? []
  if (line !== undefined) return `: line ${line}, column ${column}`
  return message.startsWith("Unexpected end") ? ": it ends in the middle" : ""
}

/**
 * What to write over a file. `base` is what the file held when `ours` was made from it, `disk` what it holds now. Keys
 * that somebody else changed meanwhile stay as they are unless we changed them, too; keys that we know nothing of stay.
 */
export const mergeOver = (disk: JsonObject, base: JsonObject, ours: JsonObject): JsonObject => {
  const changedByUs = (key: string): boolean => !isDeepStrictEqual(ours[key], base[key])
  const changedOnDisk = (key: string): boolean => !isDeepStrictEqual(disk[key], base[key])
  const kept = Object.entries(ours).filter(([key]) => changedByUs(key) || !changedOnDisk(key))
  return { ...disk, ...Object.fromEntries(kept) }
}
