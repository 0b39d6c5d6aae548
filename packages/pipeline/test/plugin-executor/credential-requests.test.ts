import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { makeSendWithCredential } from "../../src/plugin-executor/credential-requests.ts"
import { pluginExecutor } from "../../src/plugin-executor/plugin-executor.ts"
import { base64, refusal, scriptedPlugins } from "./scripted-plugins.ts"

/** A stored credential that is asked for by its index. */
const stored = (id: string, provider: string, index: string) => ({
  models: undefined,
  credential: {
    candidate: { id, provider, priority: 0, disabled: false, attributes: {} },
    index,
    fingerprint: "1",
    storageJson: Buffer.from('{"token":"t"}'),
    metadata: { token: "t" },
    attributes: {},
    prefix: ""
  }
})

/** Sends one request with the credential of an index, which the plugin answers so. */
const send = Effect.fnUntraced(function* (answer: unknown, index = "0011223344556677") {
  const world = scriptedPlugins({
    id: "p",
    capabilities: { executor: true },
    answers: { "executor.http_request": () => answer }
  })
  const executor = pluginExecutor(world.plugin("p"), "lab")
  const sendWithCredential = makeSendWithCredential({
    plugins: world.plugins,
    scopes: world.scopes,
    models: () => ({
      executors: new Map([["lab", executor]]),
      executorsByPlugin: new Map([["p", executor]]),
      listed: [],
      credentials: [stored("lab-jane", "lab", "0011223344556677"), stored("else", "else", "8899aabbccddeeff")]
    }),
    deadlineMs: 1000
  })
  const sent = sendWithCredential(index, {
    method: "GET",
    url: "https://api.example.invalid/v1/usage",
    headers: { Accept: ["application/json"] },
    body: new Uint8Array(0)
  })
  return { ...world, result: yield* Effect.result(sent) }
})

describe("executor.http_request", () => {
  it.effect("sends the request and the credential, and reads a missing status as 200 (147)", () =>
    Effect.gen(function* () {
      const { requests, result, scopes } = yield* send({ Headers: { A: ["1"] }, Body: base64("{}") })
      assert.deepStrictEqual(requests("executor.http_request"), [
        {
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
        }
      ])
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

  it.effect("is not called for an unknown credential, or for one that no plugin executes for", () =>
    Effect.gen(function* () {
      const unknown = yield* send({}, "ffffffffffffffff")
      assert.deepInclude(unknown.result._tag === "Failure" ? unknown.result.failure : {}, {
        _tag: "CredentialNotServed",
        message: "there is no stored credential with the index ffffffffffffffff"
      })
      const other = yield* send({}, "8899aabbccddeeff")
      assert.strictEqual(other.result._tag, "Failure")
      assert.deepStrictEqual([...unknown.calls, ...other.calls], [])
    })
  )
})
