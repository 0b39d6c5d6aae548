import { PluginCrashed, PluginUnavailable } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { refused } from "../plugin-double.ts"
import { completionBody } from "../scripted-provider.ts"
import { hookedGateway } from "./hooked-gateway.ts"

const call = { plugin: "s", method: "scheduler.pick" }
const scheduler = (answer: () => unknown) => ({
  capabilities: { scheduler: true },
  answers: { "scheduler.pick": answer }
})

describe("a scheduler plugin", () => {
  for (const [name, error] of [
    ["whose process ends during the pick", new PluginCrashed({ ...call, ending: "signal SIGKILL" })],
    ["that is being started again", new PluginUnavailable({ ...call, state: "restarting", detail: "it crashed" })],
    ["that stays off after crashes", new PluginUnavailable({ ...call, state: "fused", detail: "it crashed" })]
  ] as const) {
    it.live(`${name} leaves the choice to the configured strategy, and no request fails`, () =>
      Effect.gen(function* () {
        const { ask, calls } = yield* hookedGateway({ s: scheduler(() => Effect.fail(error)) }, ["a", "b"])
        const served = [(yield* ask({ model: "m" })).text(), (yield* ask({ model: "m" })).text()]
        assert.deepStrictEqual(served, [completionBody("served by a"), completionBody("served by b")])
        assert.strictEqual(calls("scheduler.pick").length, 2)
      })
    )
  }

  it.live("that refuses ends the request all the same", () =>
    Effect.gen(function* () {
      const { ask, upstream } = yield* hookedGateway({ s: scheduler(() => refused("denied", "no", 403)) })
      assert.deepInclude(yield* Effect.flip(ask({ model: "m" })), { _tag: "SchedulerRefused", status: 403 })
      assert.strictEqual(upstream.received.length, 0)
    })
  )
})
