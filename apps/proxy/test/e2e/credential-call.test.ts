import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { authIndex } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { startProxy, temporaryFolder } from "../run-proxy.ts"
import { scriptedPlugin } from "../scripted-plugin.ts"

const key = "operators-only"
const sent = "executor.http_request"

/** A proxy with the stored credential `jane.json` of provider `lab`, for which a plugin executes. */
const proxyWithJane = Effect.gen(function* () {
  const cwd = yield* temporaryFolder
  const creds = join(cwd, "creds")
  mkdirSync(join(cwd, "plugins"))
  mkdirSync(creds)
  writeFileSync(join(creds, "jane.json"), JSON.stringify({ type: "lab", token: "t" }))
  const lab = scriptedPlugin(join(cwd, "plugins"), "lab", { executor: true })
  lab.answer("executor.identifier", { identifier: "lab" })
  writeFileSync(
    join(cwd, "c.yaml"),
    `demo: true
auth-dir: ${creds}
remote-management: {secret-key: ${key}}
plugins:
  enabled: true
  dir: plugins
  configs:
    lab: {enabled: true}
`
  )
  const proxy = yield* startProxy(["--config", "c.yaml"], { cwd })
  const call = (body: Readonly<Record<string, unknown>>) =>
    Effect.promise(async () => {
      const response = await fetch(`${proxy.url}/v0/management/api-call`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify(body)
      })
      return [response.status, (await response.json()) as Record<string, unknown>] as const
    })
  const index = authIndex({ id: "jane.json", file: { type: "lab", absolutePath: join(creds, "jane.json") } })
  return { lab, call, index }
})

describe("a call with a stored credential", () => {
  it.live("is made by the plugin that executes for the credential's provider", () =>
    Effect.gen(function* () {
      const { call, index, lab } = yield* proxyWithJane
      const answered = { StatusCode: 402, Headers: { "X-Used": ["3"] }, Body: Buffer.from("{}").toString("base64") }
      lab.answer(sent, answered)
      const [status, json] = yield* call({
        auth_index: index,
        method: "post",
        url: "https://api.example.invalid/v1/usage",
        header: { accept: "application/json" },
        data: "q"
      })
      assert.strictEqual(status, 200)
      assert.deepStrictEqual(json, { status_code: 402, header: { "X-Used": ["3"] }, body: "{}" })
      assert.deepInclude(lab.lastRequest(sent), {
        AuthID: "jane.json",
        AuthProvider: "lab",
        Method: "POST",
        URL: "https://api.example.invalid/v1/usage",
        Headers: { accept: ["application/json"] },
        Body: Buffer.from("q").toString("base64"),
        Metadata: { type: "lab", token: "t" }
      })
    })
  )

  it.live("says what is wrong with it, and when the plugin has failed", () =>
    Effect.gen(function* () {
      const { call, index, lab } = yield* proxyWithJane
      const url = "https://api.example.invalid/"
      const code = (body: Readonly<Record<string, unknown>>) =>
        Effect.map(call(body), ([status, json]) => [status, (json["error"] as { message: string }).message] as const)
      assert.deepStrictEqual(yield* code({ url }), [400, "`auth_index` must be a credential's index."])
      assert.deepStrictEqual(yield* code({ auth_index: index, url: "/v1" }), [
        400,
        "`url` must be an absolute http or https URL."
      ])
      assert.deepStrictEqual((yield* code({ auth_index: index, url, header: [] }))[0], 400)
      assert.deepStrictEqual((yield* code({ auth_index: index, url, data: 7 }))[0], 400)
      assert.deepStrictEqual((yield* code({ auth_index: index, url, method: "GET /" }))[0], 400)
      assert.deepStrictEqual(lab.calls(sent), [])
      assert.strictEqual((yield* code({ auth_index: "0000000000000000", url }))[0], 404)
      lab.refuse(sent, "no network")
      assert.deepStrictEqual(yield* code({ auth_index: index, url }), [
        502,
        "The plugin did not send the request: no network."
      ])
    })
  )
})
