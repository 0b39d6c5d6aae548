import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import type { CredentialReport } from "../../src/decision-trace/credential-reports.ts"
import { hostRoutingMethods } from "../../src/host-routing/host-routing.ts"
import { scriptedPlugins } from "../plugin-executor/scripted-plugins.ts"

const rest = { reason: "quota", scope: "model", status: 429, since: 0, until: 60_000, failedProbes: 0 }

const report = (id: string, index: string, resting: ReadonlyArray<string>): CredentialReport =>
  ({
    id,
    index,
    models: ["m", "n"].map((model) => ({
      model,
      state: "Available",
      ...(resting.includes(model) ? { state: "Resting", rest } : {})
    }))
  }) as unknown as CredentialReport

const setup = (up: boolean) => {
  const cleared: Array<string> = []
  const insight = {
    credentials: Effect.succeed([report("p/a", "00aa", []), report("p/b", "00bb", ["n"])]),
    clear: (id: string) =>
      Effect.sync(() => {
        cleared.push(id)
        return true
      })
  }
  const { call } = scriptedPlugins().hostCalls(hostRoutingMethods(() => (up ? insight : undefined)))("p")
  return { call, cleared }
}

describe("host.routing.reset_cooldown", () => {
  it.effect("ends the rests of the credential with the index, and names the models that had one", () =>
    Effect.gen(function* () {
      const { call, cleared } = setup(true)
      assert.deepStrictEqual(yield* call("host.routing.reset_cooldown", { auth_index: " 00bb " }), {
        auth_index: "00bb",
        models: ["n"]
      })
      assert.deepStrictEqual(yield* call("host.routing.reset_cooldown", { auth_index: "00aa" }), {
        auth_index: "00aa",
        models: null
      })
      assert.deepStrictEqual(cleared, ["p/b", "p/a"])
    })
  )

  it.effect("says what is wrong with an index", () =>
    Effect.gen(function* () {
      const { call, cleared } = setup(true)
      assert.strictEqual(yield* call("host.routing.reset_cooldown", {}), "auth_index is required")
      assert.strictEqual(
        yield* call("host.routing.reset_cooldown", { auth_index: "p/b" }),
        "auth not found for auth_index p/b"
      )
      assert.deepStrictEqual(cleared, [])
      assert.strictEqual(
        yield* setup(false).call("host.routing.reset_cooldown", { auth_index: "00aa" }),
        "core auth manager unavailable"
      )
    })
  )
})
