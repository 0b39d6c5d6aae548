import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { completion, failing } from "../scripted-provider.ts"
import { hookedGateway } from "./hooked-gateway.ts"

describe("a selection's ID", () => {
  it.live("is the same in the pick and in the usage of its attempt, and the last one's in the completion", () =>
    Effect.gen(function* () {
      const plugin = {
        capabilities: { scheduler: true, usage_plugin: true, request_lifecycle_plugin: true },
        answers: {
          "scheduler.pick": () => ({ Handled: false }),
          "usage.handle": () => ({}),
          "request.complete": () => ({})
        }
      }
      const { ask, calls, upstream } = yield* hookedGateway({ one: plugin }, ["a", "b"])
      upstream.script.set("key-a", [failing(503)])
      upstream.script.set("key-b", [completion("hi")])
      yield* ask({ model: "m" })
      while (calls("usage.handle").length < 2 || calls("request.complete").length < 1) yield* Effect.sleep("2 millis")
      const picked = calls("scheduler.pick").map(({ request }) => request["SelectionID"])
      assert.strictEqual(new Set(picked).size, 2)
      assert.deepStrictEqual(
        calls("usage.handle").map(({ request }) => request["SelectionID"]),
        picked
      )
      const [complete] = calls("request.complete")
      assert.deepInclude(complete?.request["Metadata"], { selection_id: picked[1] })
    })
  )
})
