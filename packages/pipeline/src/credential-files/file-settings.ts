import { Result } from "effect"

import { errorPattern, errorRuleActions, type ErrorRuleSettings } from "../failover/error-rules.ts"
import type { JsonObject } from "../canonical/json.ts"
import { isObject } from "../codecs/json-fields.ts"

/** What a credential file says to the host, whoever the credential belongs to. */
export interface FileSettings {
  /** `type`, trimmed and in lower case; empty when there is none. */
  readonly type: string
  readonly email: string
  readonly disabled: boolean
  readonly prefix: string
  readonly proxyUrl: string
  readonly note: string
  /** Fallback tier; undefined when the file names none. */
  readonly priority: number | undefined
  /** Share of the traffic; undefined when the file names none. */
  readonly weight: number | undefined
  readonly websockets: boolean
  /** Seconds between two refreshes; 0 when the file names none. */
  readonly refreshIntervalSeconds: number
  /** Extra request headers. */
  readonly headers: Readonly<Record<string, string>>
  /** Names of models that are not served, in any case; `*` stands for any text. */
  readonly excludedModels: ReadonlyArray<string>
  readonly modelAliases: ReadonlyArray<ModelAlias>
  /** Whether it is used again at once after a failure; undefined when the file does not say. */
  readonly disableCooling: boolean | undefined
  /** Extra rounds in which it may be tried; undefined when the file names none. */
  readonly requestRetry: number | undefined
  /** What follows from certain error answers. */
  readonly errorRules: ReadonlyArray<ErrorRuleSettings>
  /** Most requests at once, over all models and for each; undefined for no limit. */
  readonly maxInFlight: number | undefined
  readonly maxInFlightPerModel: number | undefined
}

/** A name for clients in place of the one that a model has, or beside it. */
export interface ModelAlias {
  readonly name: string
  readonly alias: string
  /** Whether the model's own name stays, too. */
  readonly fork: boolean
}

const MAX_WEIGHT = 1_000_000

/** Keys of a file that speak to the host, whoever the credential belongs to: a change of these renews nothing. */
export const HOST_KEYS: ReadonlySet<string> = new Set([
  "type",
  "email",
  "disabled",
  "prefix",
  "proxy_url",
  "note",
  "priority",
  "weight",
  "websockets",
  "refresh_interval_seconds",
  "headers",
  "excluded_models",
  "model_aliases",
  "disable_cooling",
  "request_retry",
  "request_scoped_errors",
  "max_in_flight",
  "max_in_flight_per_model"
])

/** Keys of the host that were once written with dashes. */
const KEYS = [
  "proxy_url",
  "excluded_models",
  "model_aliases",
  "disable_cooling",
  "request_retry",
  "request_scoped_errors",
  "max_in_flight",
  "max_in_flight_per_model",
  "refresh_interval_seconds"
]

/** The object with the host's keys in today's spelling. Where both are there, today's counts. */
export const withoutDashes = (json: JsonObject): JsonObject => {
  const dashed = KEYS.filter((key) => json[key.replaceAll("_", "-")] !== undefined)
  if (dashed.length === 0) return json
  const copy: Record<string, unknown> = { ...json }
  for (const key of dashed) {
    const old = key.replaceAll("_", "-")
    copy[key] ??= copy[old]
    delete copy[old]
  }
  return copy
}

/** Reads the host's settings in a credential file. Fails with a sentence when the weight is none. */
export const readFileSettings = (json: JsonObject): Result.Result<FileSettings, string> =>
  Result.map(readWeight(json["weight"]), (weight): FileSettings => ({
    type: text(json["type"]).toLowerCase(),
    email: text(json["email"]),
    disabled: flag(json["disabled"]) === true,
    prefix: text(json["prefix"]),
    proxyUrl: text(json["proxy_url"]),
    note: text(json["note"]),
    priority: integer(json["priority"]),
    weight,
    websockets: flag(json["websockets"]) === true,
    refreshIntervalSeconds: Math.max(0, integer(json["refresh_interval_seconds"]) ?? 0),
    headers: Object.fromEntries(
      Object.entries(isObject(json["headers"]) ? json["headers"] : {}).filter(
        (entry): entry is [string, string] => typeof entry[1] === "string"
      )
    ),
    excludedModels: list(json["excluded_models"])
      .map(text)
      .filter((pattern) => pattern !== ""),
    modelAliases: list(json["model_aliases"]).flatMap(readAlias),
    disableCooling: flag(json["disable_cooling"]),
    requestRetry: atLeast(0, json["request_retry"]),
    errorRules: list(json["request_scoped_errors"]).flatMap(readErrorRule),
    maxInFlight: atLeast(1, json["max_in_flight"]),
    maxInFlightPerModel: atLeast(1, json["max_in_flight_per_model"])
  }))

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

/** True or false, given as such or as text. */
export const flag = (value: unknown): boolean | undefined => {
  const said = typeof value === "string" ? value.trim().toLowerCase() : value
  return said === true || said === "true" ? true : said === false || said === "false" ? false : undefined
}

const atLeast = (least: number, value: unknown): number | undefined => {
  const number = integer(value)
  return number === undefined || number < least ? undefined : number
}

/** A rule that cannot be understood is left out: it must not be taken for one that fits everything. */
export const readErrorRule = (value: unknown): ReadonlyArray<ErrorRuleSettings> => {
  if (!isObject(value)) return []
  const action = errorRuleActions.find((one) => one === value["action"])
  const { match, status } = value
  const written = value["match_regexr"] ?? value["match-regexr"]
  const pattern = typeof written === "string" ? errorPattern(written) : undefined
  const known =
    action !== undefined &&
    (status === undefined || integer(status) !== undefined) &&
    (match === undefined || typeof match === "string") &&
    (written === undefined || pattern !== undefined)
  if (!known) return []
  return [{ status: integer(status), match: typeof match === "string" ? match : undefined, pattern, action }]
}

/** An entry with a blank side names nothing. */
export const readAlias = (value: unknown): ReadonlyArray<ModelAlias> => {
  if (!isObject(value)) return []
  const [name, alias] = [text(value["name"]), text(value["alias"])]
  return name === "" || alias === "" ? [] : [{ name, alias, fork: value["fork"] === true }]
}

/** Reads a weight: an integer of at most a million, as a number or as text; `undefined` and `null` for none. */
export const readWeight = (value: unknown): Result.Result<number | undefined, string> => {
  if (value === undefined || value === null) return Result.succeed(undefined)
  const weight = integer(value)
  if (weight === undefined) return Result.fail("it is not an integer")
  return weight > MAX_WEIGHT ? Result.fail(`it is above ${MAX_WEIGHT}`) : Result.succeed(weight)
}

const text = (value: unknown): string => (typeof value === "string" ? value.trim() : "")

/** A whole number, given as such or as text. */
export const integer = (value: unknown): number | undefined => {
  const number = typeof value === "string" && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined
}
