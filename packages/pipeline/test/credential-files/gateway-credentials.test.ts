import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"

import { until } from "../host-http/loopback-server.ts"
import { refused } from "../plugin-double.ts"
import { base64, hookedGateway } from "../request-life/hooked-gateway.ts"
import { completionBody } from "../scripted-provider.ts"
import { credentialDirectory, fromBase64 } from "./auth-plugin-double.ts"

type Request = Record<string, unknown>

/** A provider that takes the token `good-<n>` of `valid`, and renews every token to that. */
const lab = (more: Record<string, (request: Request) => unknown> = {}) => {
  const state = { valid: 1, refuseRefresh: false }
  const plugin = {
    capabilities: {
      auth_provider: true,
      model_provider: true,
      executor: true,
      executor_model_scope: "oauth",
      executor_input_formats: ["openai"],
      executor_output_formats: ["openai"]
    },
    answers: {
      "auth.identifier": () => ({ identifier: "lab" }),
      "executor.identifier": () => ({ identifier: "lab" }),
      "auth.parse": ({ RawJSON }: Request) => ({ Handled: true, Auth: { StorageJSON: RawJSON } }),
      "model.for_auth": () => ({ Models: [{ ID: "lab-large" }] }),
      "executor.execute": ({ AuthID, StorageJSON }: Request) =>
        fromBase64(StorageJSON)["token"] === `good-${state.valid}`
          ? { Payload: base64(completionBody(`served by ${String(AuthID)}`)) }
          : refused("expired", "token expired", 401),
      "auth.refresh": () =>
        state.refuseRefresh
          ? refused("revoked", "revoked", 401)
          : { Auth: { Metadata: { token: `good-${state.valid}` } } },
      ...more
    }
  }
  return { state, plugin }
}

const open = Effect.fnUntraced(function* (files: Record<string, unknown>, described = lab()) {
  const directory = yield* credentialDirectory
  for (const [name, content] of Object.entries(files)) directory.put(name, content)
  const hooked = yield* hookedGateway({ lab: described.plugin }, ["a"], { authDir: directory.dir })
  const models = Effect.map(hooked.gateway.models, (listed) => listed.map(({ id }) => id))
  return { ...hooked, directory, models, state: described.state }
})

const request = { model: "lab-large", messages: [] }

describe("a credential from a file", () => {
  it.live("serves the models that its plugin lists for it", () =>
    Effect.gen(function* () {
      const { ask, models } = yield* open({ "jane.json": { type: "lab", token: "good-1" } })
      assert.deepStrictEqual(yield* models, ["lab-large", "m"])
      assert.strictEqual((yield* ask(request)).text(), completionBody("served by jane.json"))
    })
  )

  it.live("joins and leaves with its file", () =>
    Effect.gen(function* () {
      const { ask, directory, models } = yield* open({})
      assert.deepStrictEqual(yield* models, ["m"])
      directory.put("jane.json", { type: "lab", token: "good-1" })
      const has = (name: string) => Effect.map(models, (names) => names.includes(name))
      while (!(yield* has("lab-large"))) yield* Effect.sleep(10)
      assert.strictEqual((yield* ask(request)).text(), completionBody("served by jane.json"))
      rmSync(join(directory.dir, "jane.json"))
      while (yield* has("lab-large")) yield* Effect.sleep(10)
    })
  )

  it.live("is renewed when its plugin answers 401, and the request is served", () =>
    Effect.gen(function* () {
      const { ask, calls, directory, state } = yield* open({ "jane.json": { type: "lab", token: "good-1" } })
      state.valid = 2
      assert.strictEqual((yield* ask(request)).text(), completionBody("served by jane.json"))
      assert.strictEqual(calls("executor.execute").length, 2)
      assert.deepStrictEqual(directory.get("jane.json"), { type: "lab", token: "good-2" })
      yield* ask(request)
      assert.strictEqual(calls("auth.refresh").length, 1)
    })
  )

  it.live("is renewed once for many requests that fail at the same time", () =>
    Effect.gen(function* () {
      const { ask, calls, state } = yield* open({ "jane.json": { type: "lab", token: "good-1" } })
      state.valid = 2
      const answers = yield* Effect.forEach(Array.from({ length: 50 }), () => ask(request), { concurrency: 50 })
      assert.deepStrictEqual(
        new Set(answers.map((sink) => sink.text())),
        new Set([completionBody("served by jane.json")])
      )
      assert.strictEqual(calls("auth.refresh").length, 1)
    })
  )

  it.live("that cannot be renewed gives way to another one", () =>
    Effect.gen(function* () {
      const { ask, calls, state } = yield* open({
        "a.json": { type: "lab", token: "old", priority: 9 },
        "b.json": { type: "lab", token: "good-1" }
      })
      state.refuseRefresh = true
      assert.strictEqual((yield* ask(request)).text(), completionBody("served by b.json"))
      assert.deepStrictEqual(
        calls("executor.execute").map((call) => call.request["AuthID"]),
        ["a.json", "b.json"]
      )
    })
  )

  it.live("takes the new state that its plugin gives along with its models, once", () =>
    Effect.gen(function* () {
      let rounds = 0
      const described = lab({
        "model.for_auth": () => ({
          Models: [{ ID: "lab-large" }],
          AuthUpdate: { Metadata: { plan: "team", round: ++rounds, token: "good-1" } }
        })
      })
      const { ask, directory } = yield* open({ "jane.json": { type: "lab", token: "old" } }, described)
      assert.deepStrictEqual(directory.get("jane.json"), { type: "lab", token: "good-1", plan: "team", round: 1 })
      assert.strictEqual((yield* ask(request)).text(), completionBody("served by jane.json"))
      yield* Effect.sleep(300)
      assert.strictEqual(rounds, 1)
    })
  )

  it.live("comes from a log-in, too", () =>
    Effect.gen(function* () {
      const described = lab({
        "auth.login.start": () => ({ URL: "https://login.example.invalid/", State: "s-1" }),
        "auth.login.poll": () => ({ Status: "success", Auth: { FileName: "new.json", Metadata: { token: "good-1" } } })
      })
      const { ask, gateway } = yield* open({}, described)
      const { logins } = gateway.plugins!
      const { state } = yield* logins.start("lab", "http://127.0.0.1:1/callback")
      assert.deepStrictEqual(yield* logins.poll(state), { status: "ok" })
      let answer = ""
      yield* Effect.forkScoped(
        Effect.gen(function* () {
          while (answer === "") {
            const sink = yield* Effect.option(ask(request))
            if (sink._tag === "Some") answer = sink.value.text()
            else yield* Effect.sleep(10)
          }
        })
      )
      yield* until(() => answer !== "")
      assert.strictEqual(answer, completionBody("served by new.json"))
    })
  )
})
