import { Effect, Result } from "effect"

import type { Exchange } from "../exchange.ts"
import type { Rejected } from "../rejected.ts"
import { changeSettings, fromConfigurationError, type ManagementHandler } from "./configuration-answers.ts"
import type { Configuration, ConfigurationSettings } from "./configuration.ts"
import { isObject, readObject, readValue, refused } from "./management-body.ts"
import { settingAt } from "./setting-path.ts"

/** The keys as the file has them: one of digits alone is a number there, and is not written anew in passing. */
type Keys = ReadonlyArray<unknown>

const name = "api-keys"

const keysIn = (settings: ConfigurationSettings): Keys => {
  const keys = settingAt(settings, [name])
  return Array.isArray(keys) ? keys : []
}

const indexOf = (keys: Keys, key: string): number => keys.findIndex((one) => String(one) === key)

const invalid = (message: string): Result.Result<never, Rejected> => Result.fail(refused(400, message, "invalid_value"))

const isText = (value: unknown): value is string => typeof value === "string" && value.trim() !== ""

const changeKeys = (
  configuration: Configuration,
  exchange: Exchange,
  change: (keys: Keys) => Result.Result<Keys, Rejected>
): Effect.Effect<void, Rejected> =>
  changeSettings(configuration, exchange, (settings) =>
    Result.flatMap(change(keysIn(settings)), (keys) =>
      keys.length === 0
        ? Result.fail(
            refused(
              409,
              "Without a key everybody could use the gateway. Add another one first, or take `api-keys` out of the file by hand.",
              "last_api_key"
            )
          )
        : Result.succeed({ ...settings, [name]: keys })
    )
  )

/** `["key", ...]` or `{"items": [...]}`. */
const listIn = (keys: Keys, sent: unknown): Result.Result<Keys, Rejected> => {
  const items: unknown = isObject(sent) ? sent["items"] : sent
  return Array.isArray(items) && items.every(isText)
    ? Result.succeed(items.map((key) => keys[indexOf(keys, key)] ?? key))
    : invalid(`The body must be a list of texts that are not empty, or {"items": [...]} with one.`)
}

const replaced = (keys: Keys, index: number, key: string): Result.Result<Keys, Rejected> =>
  index in keys ? Result.succeed(keys.with(index, key)) : invalid(`There is no key ${index}; there are ${keys.length}.`)

/** `{"index", "value"}`, or `{"old", "new"}`: an old key that is not there makes the new one another key. */
const patched = (keys: Keys, { index, new: next, old, value }: Readonly<Record<string, unknown>>) => {
  if (typeof index === "number" && isText(value)) return replaced(keys, index, value)
  if (!isText(old) || !isText(next)) {
    return invalid(`The body must be {"index", "value"} or {"old", "new"}; keys are texts that are not empty.`)
  }
  const known = indexOf(keys, old)
  return known < 0 ? Result.succeed([...keys, next]) : replaced(keys, known, next)
}

const without = (keys: Keys, query: string): Result.Result<Keys, Rejected> => {
  const asked = new URLSearchParams(query)
  const index = asked.get("index")
  const value = asked.get("value")
  if (index !== null && /^\d+$/.test(index)) {
    return Number(index) in keys
      ? Result.succeed(keys.toSpliced(Number(index), 1))
      : invalid(`There is no key ${index}; there are ${keys.length}.`)
  }
  if (value === null || value === "") return invalid("The query must have `index` or `value`.")
  return indexOf(keys, value) < 0
    ? Result.fail(refused(404, "There is no such key.", "api_key_not_found"))
    : Result.succeed(keys.filter((key) => String(key) !== value))
}

/**
 * `api-keys`: the clients' keys in plain text, for those who may set them anyway and have to send the whole list to
 * change it. The last key cannot be removed: without one the gateway would be open.
 */
export const apiKeyRoute = (
  configuration: Configuration,
  method: string,
  maxBodyBytes: number
): ManagementHandler | undefined => {
  switch (method) {
    case "GET":
      return ({ answer }) =>
        Effect.mapError(configuration.read, fromConfigurationError).pipe(
          Effect.map((settings) => answer.json(200, JSON.stringify({ [name]: keysIn(settings).map(String) })))
        )
    case "PUT":
      return (exchange) =>
        Effect.flatMap(readValue(exchange, maxBodyBytes), (sent) =>
          changeKeys(configuration, exchange, (keys) => listIn(keys, sent))
        )
    case "PATCH":
      return (exchange) =>
        Effect.flatMap(readObject(exchange, maxBodyBytes), (sent) =>
          changeKeys(configuration, exchange, (keys) => patched(keys, sent))
        )
    case "DELETE":
      return (exchange) => changeKeys(configuration, exchange, (keys) => without(keys, exchange.query))
    default:
      return undefined
  }
}
