import { Effect, type Result } from "effect"

import type { Exchange } from "../exchange.ts"
import type { Rejected } from "../rejected.ts"
import type { Configuration, ConfigurationError, ConfigurationSettings } from "./configuration.ts"
import { refused } from "./management-body.ts"

/** Serves one request of the management API. */
export type ManagementHandler = (exchange: Exchange) => Effect.Effect<void, Rejected>

type Change = (settings: ConfigurationSettings) => Result.Result<ConfigurationSettings, Rejected>

/** What a configuration that is not read or changed is told as. */
export const fromConfigurationError = (error: ConfigurationError): Rejected => {
  const { _tag, message } = error
  if (_tag === "ConfigurationRefused") {
    return refused(400, `The configuration would not be valid: ${message}. Nothing was changed.`, "invalid_config")
  }
  return _tag === "ConfigurationNotEditable"
    ? refused(409, `The configuration cannot be read or changed: ${message}.`, "config_not_editable")
    : refused(500, `Nothing was changed: ${message}.`, "config_not_written")
}

/** Changes the configuration and says so. */
export const changeSettings = (
  configuration: Configuration,
  { answer }: Exchange,
  change: Change
): Effect.Effect<void, Rejected> =>
  configuration.edit(change).pipe(
    Effect.mapError((error) => (error._tag === "Rejected" ? error : fromConfigurationError(error))),
    Effect.map(() => answer.json(200, JSON.stringify({ status: "ok" })))
  )

/** Shows what is made of the configuration. */
export const tell =
  (
    configuration: Configuration,
    show: (settings: ConfigurationSettings) => Result.Result<object, Rejected>
  ): ManagementHandler =>
  ({ answer }) =>
    Effect.mapError(configuration.read, fromConfigurationError).pipe(
      Effect.flatMap((settings) => Effect.fromResult(show(settings))),
      Effect.map((body) => answer.json(200, JSON.stringify(body)))
    )
