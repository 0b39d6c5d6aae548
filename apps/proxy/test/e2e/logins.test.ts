import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { runCli, startProxy, temporaryFolder } from "../run-proxy.ts"
import { scriptedPlugin } from "../scripted-plugin.ts"

const key = "operators-only"
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64")

const jane = { Provider: "lab", FileName: "lab-jane.json", Label: "jane", StorageJSON: bytes({ token: "t-1" }) }

const error = (text: string) => ({ status: "error", error: text })

/** A folder with a configuration and a plugin that logs people in to `lab`. */
const folderWithLab = Effect.gen(function* () {
  const cwd = yield* temporaryFolder
  mkdirSync(join(cwd, "plugins"))
  const lab = scriptedPlugin(join(cwd, "plugins"), "lab", { auth_provider: true, command_line_plugin: true })
  lab.answer("auth.identifier", { identifier: "Lab" })
  lab.answer("command_line.register", { Flags: [{ Name: "lab-login" }] })
  writeFileSync(
    join(cwd, "c.yaml"),
    `demo: true\nauth-dir: creds\nremote-management: {secret-key: ${key}}\n` +
      "plugins:\n  enabled: true\n  dir: plugins\n  configs:\n    lab: {enabled: true}\n"
  )
  const files = () => readdirSync(join(cwd, "creds")).toSorted()
  const file = (name: string): unknown => JSON.parse(readFileSync(join(cwd, "creds", name), "utf8"))
  return { cwd, lab, files, file }
})

describe("a log-in at a plugin's provider", () => {
  it.live("is begun and asked about through the management API, and leaves a credential file", () =>
    Effect.gen(function* () {
      const { cwd, file, lab } = yield* folderWithLab
      const proxy = yield* startProxy(["--config", "c.yaml"], { cwd })
      const get = (path: string) =>
        Effect.promise(async () => {
          const response = await fetch(`${proxy.url}/v0/management/${path}`, { headers: { "x-management-key": key } })
          return [response.status, await response.text()] as const
        })
      lab.answer("auth.login.start", { URL: "https://lab.example/device", State: "dev-1", Metadata: { code: "AB" } })
      const [status, started] = yield* get("lab-auth-url")
      assert.strictEqual(status, 200)
      assert.deepStrictEqual(JSON.parse(started), { status: "ok", url: "https://lab.example/device", state: "dev-1" })
      assert.deepInclude(lab.lastRequest("auth.login.start"), {
        Provider: "lab",
        BaseURL: `http://127.0.0.1:${new URL(proxy.url).port}/v0/management/oauth-callback`
      })
      lab.answer("auth.login.poll", { Status: "pending" })
      assert.deepStrictEqual(yield* get("get-auth-status?state=dev-1"), [200, `{"status":"wait"}`])
      assert.deepInclude(lab.lastRequest("auth.login.poll"), { State: "dev-1", Metadata: { code: "AB" } })
      lab.answer("auth.login.poll", { Status: "success", Auth: jane })
      assert.deepStrictEqual(yield* get("get-auth-status?state=dev-1"), [200, `{"status":"ok"}`])
      assert.deepStrictEqual(file("lab-jane.json"), { token: "t-1", type: "lab" })
      const [, unknown] = yield* get("get-auth-status?state=dev-2")
      assert.deepInclude(JSON.parse(unknown), { status: "error" })
      assert.strictEqual((yield* get("nobody-auth-url"))[0], 404)
      lab.answer("auth.login.start", { URL: "https://lab.example/device", State: "../x" })
      assert.strictEqual((yield* get("lab-auth-url"))[0], 502)
      lab.refuse("auth.login.start", "the lab is closed")
      assert.strictEqual((yield* get("lab-auth-url"))[0], 500)
    })
  )

  it.live("gets what the provider's page sends back, without a management key", () =>
    Effect.gen(function* () {
      const { cwd, lab } = yield* folderWithLab
      const proxy = yield* startProxy(["--config", "c.yaml"], { cwd })
      const ask = (path: string, init: RequestInit = {}) =>
        Effect.promise(async () => {
          const response = await fetch(`${proxy.url}/v0/management/${path}`, init)
          return [response.status, await response.json()] as const
        })
      const withKey = { headers: { "x-management-key": key } }
      const post = (body: object) => ask("oauth-callback", { method: "POST", body: JSON.stringify(body) })
      assert.deepStrictEqual(yield* ask("oauth-callback?state=dev-1&code=c-1"), [
        404,
        error("unknown or expired state")
      ])
      lab.answer("auth.login.start", { URL: "https://lab.example/login", State: "dev-1" })
      yield* ask("lab-auth-url", withKey)
      assert.deepStrictEqual(yield* ask("oauth-callback?state=dev-1&code=c-1"), [200, { status: "ok" }])
      lab.answer("auth.login.poll", { Status: "pending" })
      yield* ask("get-auth-status?state=dev-1", withKey)
      assert.deepInclude(lab.lastRequest("auth.login.poll"), {
        Metadata: { oauth_callback: { code: "c-1", state: "dev-1", error: "" } }
      })
      const callback = readFileSync(join(cwd, "creds", ".oauth-lab-dev-1.oauth"), "utf8")
      assert.deepStrictEqual(JSON.parse(callback), { code: "c-1", state: "dev-1", error: "" })
      // By hand, from another machine's browser.
      const redirect_url = "http://127.0.0.1:1/v0/management/oauth-callback?state=dev-1&error_description=denied"
      assert.deepStrictEqual(yield* post({ redirect_url, provider: "lab" }), [200, { status: "ok" }])
      assert.deepStrictEqual(yield* post({ redirect_url, provider: "other" }), [
        400,
        error("provider does not match state")
      ])
      assert.deepStrictEqual(yield* post({ redirect_url: "nowhere" }), [400, error("invalid redirect_url")])
      assert.deepStrictEqual(yield* post({ state: "dev-1" }), [400, error("code or error is required")])
      lab.answer("auth.login.poll", { Status: "error", Message: "denied" })
      yield* ask("get-auth-status?state=dev-1", withKey)
      assert.deepStrictEqual(yield* post({ redirect_url }), [409, error("denied")])
    })
  )

  it.live("on the command line leaves its files when it went well, and says where they are", () =>
    Effect.gen(function* () {
      const { cwd, file, files, lab } = yield* folderWithLab
      const run = runCli(["--config", "c.yaml", "-lab-login"], { cwd })
      const stdout = Buffer.from("Logged in.\n").toString("base64")
      lab.answer("command_line.execute", { Stdout: stdout, ExitCode: 4, Auths: [jane] })
      assert.deepInclude(yield* run, { code: 4, stdout: "Logged in.\n" })
      const joe = { ...jane, FileName: "lab-joe.json" }
      lab.answer("command_line.execute", { Stdout: stdout, Auths: [jane, joe] })
      const paths = ["lab-jane.json", "lab-joe.json"].map((name) => join(cwd, "creds", name))
      assert.deepInclude(yield* run, {
        code: 0,
        stdout: `Logged in.\n${paths.map((path) => `Authentication saved to ${path}\n`).join("")}`
      })
      assert.deepStrictEqual(file("lab-joe.json"), { token: "t-1", type: "lab" })
      assert.deepNestedInclude(lab.lastRequest("command_line.execute"), { "Host.AuthDir": join(cwd, "creds") })
      const bad = { ...jane, FileName: "../escape.json" }
      lab.answer("command_line.execute", { Stdout: stdout, Auths: [{ ...jane, FileName: "lab-ann.json" }, bad] })
      const refused = yield* run
      assert.deepInclude(refused, { code: 1, stdout: "Logged in.\n" })
      assert.match(refused.stderr, /^cliproxy: plugin lab: its credentials were not stored: /m)
      assert.deepStrictEqual(files(), ["lab-jane.json", "lab-joe.json"])
    })
  )
})
