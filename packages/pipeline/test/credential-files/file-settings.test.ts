import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

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
})
