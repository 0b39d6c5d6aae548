import { Effect, Result } from "effect"

import { decodePath, type Exchange } from "../exchange.ts"
import { apiKeyRoute } from "./api-key-routes.ts"
import { changeSettings, type ManagementHandler, tell } from "./configuration-answers.ts"
import type { Configuration } from "./configuration.ts"
import { isObject, readObject, refused } from "./management-body.ts"
import { redactSettings } from "./redact-settings.ts"
import { settingAt, withSetting } from "./setting-path.ts"

const base = "/v0/management/"

const pluginKeys = (id: string) => ["plugins", "configs", id] as const

/** The settings of one plugin, as they are in the file: they are the plugin's, and may hold secrets of it. */
const tellPlugin = (configuration: Configuration, id: string): ManagementHandler =>
  tell(configuration, (settings) => {
    const found = settingAt(settings, pluginKeys(id))
    if (found === undefined)
      return Result.fail(refused(404, `The configuration has no plugin ${id}.`, "plugin_not_configured"))
    return Result.succeed(isObject(found) ? found : {})
  })

const changePlugin =
  (
    configuration: Configuration,
    id: string,
    maxBodyBytes: number,
    change: (now: Readonly<Record<string, unknown>>, sent: Readonly<Record<string, unknown>>) => object
  ): ManagementHandler =>
  (exchange) =>
    Effect.flatMap(readObject(exchange, maxBodyBytes), (sent) =>
      changeSettings(configuration, exchange, (settings) => {
        const now = settingAt(settings, pluginKeys(id))
        return Result.succeed(withSetting(settings, pluginKeys(id), change(isObject(now) ? now : {}, sent)))
      })
    )

/** Keys of the first level alone; `null` takes one out. */
const merge = (now: Readonly<Record<string, unknown>>, sent: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries({ ...now, ...sent }).filter(([key]) => !Object.hasOwn(sent, key) || sent[key] !== null)
  )

/** Single settings by the names of their routes: where they stand, and what holds when they do not. */
const singles: Readonly<
  Record<string, { readonly keys: readonly [string, ...Array<string>]; readonly otherwise: boolean | number | string }>
> = {
  debug: { keys: ["debug"], otherwise: false },
  "force-model-prefix": { keys: ["force-model-prefix"], otherwise: false },
  "max-retry-credentials": { keys: ["max-retry-credentials"], otherwise: 0 },
  "max-retry-interval": { keys: ["max-retry-interval"], otherwise: 0 },
  "request-retry": { keys: ["request-retry"], otherwise: 0 },
  "routing/strategy": { keys: ["routing", "strategy"], otherwise: "round-robin" }
}

const changeSingle =
  (configuration: Configuration, name: string, maxBodyBytes: number): ManagementHandler =>
  (exchange) =>
    Effect.flatMap(readObject(exchange, maxBodyBytes), ({ value }) => {
      const setting = singles[name]
      if (setting === undefined || typeof value !== typeof setting.otherwise) {
        return refused(400, `The body must be {"value": ...} with a ${typeof setting?.otherwise}.`, "invalid_value")
      }
      return changeSettings(configuration, exchange, (settings) =>
        Result.succeed(withSetting(settings, setting.keys, value))
      )
    })

/** Lists of providers that can be looked at. */
const providerLists = ["claude-api-key", "gemini-api-key", "openai-compatibility"]

/** The route of the management API that shows or changes the configuration; `undefined` for any other. */
export const configurationRoute = (
  configuration: Configuration,
  { method, path }: Exchange,
  maxBodyBytes: number
): ManagementHandler | undefined => {
  if (!path.startsWith(base)) return undefined
  const route = path.slice(base.length)
  const writes = method === "PUT" || method === "PATCH"
  if (route === "api-keys") return apiKeyRoute(configuration, method, maxBodyBytes)
  if (Object.hasOwn(singles, route)) {
    if (writes) return changeSingle(configuration, route, maxBodyBytes)
    const { keys, otherwise } = singles[route] ?? { keys: [route], otherwise: null }
    return method === "GET"
      ? tell(configuration, (settings) =>
          Result.succeed({ [keys.at(-1) ?? route]: settingAt(settings, keys) ?? otherwise })
        )
      : undefined
  }
  if (method === "GET" && route === "config")
    return tell(configuration, (settings) => Result.succeed(redactSettings(settings)))
  if (method === "GET" && providerLists.includes(route)) {
    return tell(configuration, (settings) => Result.succeed({ [route]: redactSettings(settings)[route] ?? [] }))
  }
  const [, id] = /^plugins\/([^/]+)\/config$/.exec(route) ?? []
  if (id === undefined) return undefined
  const plugin = decodePath(id)
  if (method === "GET") return tellPlugin(configuration, plugin)
  if (method === "PUT") return changePlugin(configuration, plugin, maxBodyBytes, (_, sent) => sent)
  return method === "PATCH" ? changePlugin(configuration, plugin, maxBodyBytes, merge) : undefined
}
