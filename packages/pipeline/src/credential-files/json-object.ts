import { Result } from "effect"
import { isDeepStrictEqual } from "node:util"

/** A JSON object, as credential files hold. Its values may be secret. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Reads the text of a JSON object. Fails with a sentence that shows nothing of the text. */
export const readJsonObject = (text: string): Result.Result<JsonObject, string> => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, which may be a token.
    return Result.fail("it is not JSON")
  }
  return isJsonObject(value) ? Result.succeed(value) : Result.fail("it is not a JSON object")
}

/** True for an object that is neither `null` nor a list. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

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
