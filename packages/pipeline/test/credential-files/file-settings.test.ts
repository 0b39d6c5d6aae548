import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import { ignoredSettings } from "../../src/credential-files/ignored-settings.ts"
import { type FileSettings, readFileSettings, withoutDashes } from "../../src/credential-files/file-settings.ts"

const read = (json: Record<string, unknown>): FileSettings => Result.getOrThrow(readFileSettings(withoutDashes(json)))

describe("what a credential file says about attempts", () => {
  it("is read, in both spellings", () => {
    for (const dash of ["_", "-"]) {
      const key = (name: string): string => name.replaceAll("_", dash)
      const settings = read({
        [key("disable_cooling")]: false,
        [key("request_retry")]: 3,
        [key("max_in_flight")]: "4",
        [key("max_in_flight_per_model")]: 2,
        [key("request_scoped_errors")]: [
          { status: 400, match: "billing", action: "continue" },
          { [key("match_regexr")]: "(?i)quota", action: "stop-and-cooldown" }
        ]
      })
      assert.deepInclude(settings, {
        disableCooling: false,
        requestRetry: 3,
        maxInFlight: 4,
        maxInFlightPerModel: 2,
        errorRules: [
          { status: 400, match: "billing", pattern: undefined, action: "continue" },
          { status: undefined, match: undefined, pattern: /quota/i, action: "stop-and-cooldown" }
        ]
      })
    }
  })

  it("has no effect where it is left out or makes no sense, and a rule never fits more than was meant", () => {
    const none = { disableCooling: undefined, requestRetry: undefined, maxInFlight: undefined, errorRules: [] }
    assert.deepInclude(read({}), none)
    const odd = {
      disable_cooling: "yes",
      request_retry: -1,
      max_in_flight: 0,
      request_scoped_errors: [
        { action: "explode" },
        { status: "many", action: "stop" },
        { match: 7, action: "stop" },
        { match_regexr: "(", action: "stop" },
        "stop"
      ]
    }
    assert.deepInclude(read(odd), none)
  })

  it("may be true or false in quotes, since nobody who writes so means the opposite", () => {
    assert.isTrue(read({ disabled: "true" }).disabled)
    assert.isFalse(read({ disabled: "False" }).disabled)
    assert.isTrue(read({ disable_cooling: "TRUE" }).disableCooling)
  })

  it("is told where it cannot be understood, without its value", () => {
    const odd = {
      disabled: "yes",
      priority: "high",
      prefix: 1,
      proxy_url: "ftp://user:SECRET@host",
      headers: { a: 1 },
      excluded_models: "gpt-*",
      model_aliases: [{ name: "a" }],
      request_scoped_errors: [{ action: "explode" }],
      request_retry: -1,
      max_in_flight: 0
    }
    const told = ignoredSettings(withoutDashes(odd))
    for (const key of Object.keys(odd)) assert.include(told.join(), `\`${key}\` is not `)
    assert.lengthOf(told, Object.keys(odd).length)
    assert.notInclude(told.join(), "SECRET")
    const right = {
      disabled: "false",
      priority: "-3",
      proxy_url: "direct",
      headers: {},
      excluded_models: ["gpt-*"],
      model_aliases: [{ name: "a", alias: "b" }],
      request_scoped_errors: [{ action: "stop" }],
      max_in_flight: 1,
      note: 7
    }
    assert.deepStrictEqual(ignoredSettings(right), [])
  })
})
