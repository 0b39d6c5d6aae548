import { Result } from "effect"

import { readProxyChoice } from "../host-http/proxy-choice.ts"
import { flag, integer, readAlias, readErrorRule } from "./file-settings.ts"
import type { JsonObject } from "../canonical/json.ts"
import { isObject } from "../codecs/json-fields.ts"

/** What a key has to be, and whether a value is that. */
interface Rule {
  readonly key: string
  readonly expected: string
  readonly holds: (value: unknown) => boolean
}

const atLeast = (least: number) => (value: unknown) => (integer(value) ?? least - 1) >= least
const isFlag = (value: unknown): boolean => flag(value) !== undefined
const isText = (value: unknown): boolean => typeof value === "string"
const listOf = (holds: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(holds)

/** The host's keys of a credential file, but for the weight: a file with a wrong one is not used at all. */
const RULES: ReadonlyArray<Rule> = [
  { key: "disabled", expected: "true or false", holds: isFlag },
  { key: "disable_cooling", expected: "true or false", holds: isFlag },
  { key: "websockets", expected: "true or false", holds: isFlag },
  { key: "priority", expected: "a whole number", holds: (value) => integer(value) !== undefined },
  { key: "prefix", expected: "text", holds: isText },
  { key: "proxy_url", expected: "the URL of a proxy, `direct` or `none`", holds: (value) => isProxy(value) },
  {
    key: "headers",
    expected: "names and texts",
    holds: (value) => isObject(value) && listOf(isText)(Object.values(value))
  },
  { key: "excluded_models", expected: "a list of names", holds: listOf(isText) },
  { key: "model_aliases", expected: "a list of `name` and `alias`", holds: listOf((one) => readAlias(one).length > 0) },
  { key: "request_scoped_errors", expected: "a list of rules", holds: listOf((one) => readErrorRule(one).length > 0) },
  { key: "request_retry", expected: "a whole number of at least 0", holds: atLeast(0) },
  { key: "refresh_interval_seconds", expected: "a whole number of at least 0", holds: atLeast(0) },
  { key: "max_in_flight", expected: "a whole number of at least 1", holds: atLeast(1) },
  { key: "max_in_flight_per_model", expected: "a whole number of at least 1", holds: atLeast(1) }
]

const isProxy = (value: unknown): boolean => typeof value === "string" && Result.isSuccess(readProxyChoice(value))

/**
 * What a credential file says to the host in a way that cannot be understood: phrases for a log line, without any value
 * of the file.
 */
export const ignoredSettings = (json: JsonObject): ReadonlyArray<string> =>
  RULES.flatMap(({ expected, holds, key }) => {
    const value = json[key]
    return value === undefined || value === null || holds(value) ? [] : [`\`${key}\` is not ${expected}`]
  })
