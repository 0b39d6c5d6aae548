import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { sendWithCredential } from "../../src/plugin-executor/executor-http.ts"
import { pluginExecutor } from "../../src/plugin-executor/plugin-executor.ts"
import { base64, refusal, scriptedPlugins } from "./scripted-plugins.ts"

/** Sends one request with credential `lab-jane`, which the plugin answers so. */
const send = Effect.fnUntraced(function* (answer: unknown) {
  const world = scriptedPlugins({
    id: "p",
    capabilities: { executor: true },
    answers: { "executor.http_request": () => answer }
  })
  const sent = sendWithCredential(
    { plugins: world.plugins, scopes: world.scopes, deadlineMs: 1000 },
    {
      executor: pluginExecutor(world.plugin("p"), "lab"),
      credential: {
        candidate: { id: "lab-jane", provider: "lab", priority: 0, disabled: false, attributes: {} },
        fingerprint: "1",
        storageJson: Buffer.from('{"token":"t"}'),
        metadata: { token: "t" },
        attributes: {},
        prefix: ""
      },
      method: "GET",
      url: "https://api.example.invalid/v1/usage",
      headers: { Accept: ["application/json"] },
      body: new Uint8Array(0)
    }
  )
  return { ...world, result: yield* Effect.result(sent) }
})

describe("executor.http_request", () => {
  it.effect("sends the request and the credential, and reads a missing status as 200 (147)", () =>
    Effect.gen(function* () {
      const { requests, result, scopes } = yield* send({ Headers: { A: ["1"] }, Body: base64("{}") })
      assert.deepInclude(requests("executor.http_request")[0], {
        AuthID: "lab-jane",
        AuthProvider: "lab",
        Method: "GET",
        URL: "https://api.example.invalid/v1/usage",
        Headers: { Accept: ["application/json"] },
        Body: null,
        StorageJSON: base64('{"token":"t"}'),
        Metadata: { token: "t" },
        Attributes: null,
        host_callback_id: "1"
      })
      assert.deepInclude(result, {
        _tag: "Success",
        success: { status: 200, headers: { A: ["1"] }, body: new Uint8Array(Buffer.from("{}")) }
      })
      assert.strictEqual(scopes.size(), 0)
    })
  )

  it.effect("gives any status as it is, and fails with the plugin", () =>
    Effect.gen(function* () {
      const denied = yield* send({ StatusCode: 403 })
      assert.strictEqual(denied.result._tag === "Success" ? denied.result.success.status : 0, 403)
      const failed = yield* send(refusal("no", 500))
      assert.strictEqual(failed.result._tag === "Failure" ? failed.result.failure.message : "", "no")
      assert.strictEqual(failed.scopes.size(), 0)
    })
  )
})
