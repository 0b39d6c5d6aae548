import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { managedProxy } from "../managed-proxy.ts"

const config = `demo: true
auth-dir: creds
plugins:
  enabled: true
  isolation: in-process
  dir: plugins
  configs:
    lab: {enabled: true}
`

type Managed = Effect.Success<ReturnType<typeof managedProxy>>

/** What is listed: a few fields of each credential. */
const listed = ({ call }: Pick<Managed, "call">, query = "") =>
  Effect.map(call("GET", `auth-files${query}`), ({ json }) =>
    (json as { files: ReadonlyArray<Record<string, unknown>> }).files.map(
      ({ disabled, id, label, name, priority, provider, status }) => ({
        id,
        name,
        provider,
        label,
        status,
        disabled,
        priority
      })
    )
  )

const formOf = (...files: ReadonlyArray<readonly [string, string]>): FormData => {
  const form = new FormData()
  for (const [name, text] of files) form.append("file", new File([text], name))
  return form
}

const jane = {
  id: "jane.json",
  name: "jane.json",
  provider: "lab",
  label: "jane@example.com",
  status: "active",
  disabled: false,
  priority: 0
}
const janesFile = `{\n  "type": "lab", "email": "jane@example.com",\n  "token": "secret-token", "id": 12345678901234567890\n}\n`

describe("credential files", () => {
  it.live("are uploaded, read by their plugin, listed without secrets, and downloaded as they are", () =>
    Effect.gen(function* () {
      const managed = yield* managedProxy(config)
      const { call, creds, lab, proxy } = managed
      lab.answer("auth.parse", { Handled: true, Auth: { Provider: "lab", Label: "read by the plugin" } })
      const sent = yield* call("POST", "auth-files?name=jane.json", janesFile)
      assert.deepStrictEqual([sent.status, sent.json], [200, { status: "ok", uploaded: 1, files: ["jane.json"] }])
      assert.strictEqual(readFileSync(join(creds, "jane.json"), "utf8"), janesFile)
      assert.deepStrictEqual(yield* listed(managed), [{ ...jane, label: "read by the plugin" }])
      const list = yield* call("GET", "auth-files")
      assert.notInclude(list.text, "secret-token")
      const got = yield* call("GET", "auth-files/download?name=jane.json")
      assert.deepStrictEqual([got.status, got.text], [200, janesFile])
      assert.include(got.headers.get("content-disposition") ?? "", "jane.json")
      assert.notInclude(proxy.stdout() + proxy.stderr(), "secret-token")
    })
  )

  it.live("come in forms, of which each file is told for itself", () =>
    Effect.gen(function* () {
      const managed = yield* managedProxy(config)
      const { call, creds } = managed
      const one = yield* call("POST", "auth-files", formOf(["jane.json", janesFile]))
      assert.deepStrictEqual([one.status, one.json], [200, { status: "ok", uploaded: 1, files: ["jane.json"] }])
      const several = yield* call(
        "POST",
        "auth-files",
        formOf(
          ["a.json", `{"type":"lab"}`],
          ["b.json", `{"token": "secret-token"`],
          ["c.txt", "{}"],
          ["../d.json", "{}"]
        )
      )
      assert.strictEqual(several.status, 207)
      assert.notInclude(several.text, "secret-token")
      const { failed, ...done } = several.json as Record<string, unknown> & {
        failed: ReadonlyArray<{ name: string; error: string }>
      }
      assert.deepStrictEqual(done, { status: "partial", uploaded: 1, files: ["a.json"] })
      assert.deepStrictEqual(
        failed.map(({ name }) => name),
        ["b.json", "c.txt", "../d.json"]
      )
      assert.match(failed[0]?.error ?? "", /^it is not JSON/)
      const twice = yield* call("POST", "auth-files", formOf(["a.json", "{}"], ["a.json", "{}"]))
      assert.strictEqual(twice.status, 400)
      assert.include(twice.text, "two files of the name a.json")
      assert.strictEqual((yield* call("POST", "auth-files", new FormData())).status, 400)
      const broken = yield* call("POST", "auth-files", "nothing", { "content-type": "multipart/form-data; boundary=x" })
      assert.strictEqual(broken.status, 400)
      assert.deepStrictEqual(readdirSync(creds).toSorted(), ["a.json", "jane.json"])
    })
  )

  it.live("are refused by the name of what is wrong with them", () =>
    Effect.gen(function* () {
      const { call, creds, cwd } = yield* managedProxy(config)
      writeFileSync(join(cwd, "outside.json"), "{}")
      mkdirSync(join(creds, "inside"))
      writeFileSync(join(creds, "inside", "deep.json"), "{}")
      const names = [
        "../outside.json",
        "..%2Foutside.json",
        "inside/deep.json",
        "%2Fetc%2Fpasswd.json",
        "..%5Ca.json",
        "a%00.json",
        "",
        "c.yaml"
      ]
      for (const name of names) {
        for (const [method, route] of [
          ["GET", `auth-files/download?name=${name}`],
          ["POST", `auth-files?name=${name}`],
          ["DELETE", `auth-files?name=${name}`]
        ] as const) {
          const { status } = yield* call(method, route, method === "POST" ? "{}" : undefined)
          assert.strictEqual(status, 400, `${method} ${route}`)
        }
        const decoded = decodeURIComponent(name)
        const { status } = yield* call("PATCH", "auth-files/status", { name: decoded, disabled: true })
        assert.strictEqual(status, 400, decoded)
      }
      assert.strictEqual(readFileSync(join(cwd, "outside.json"), "utf8"), "{}")
      for (const [text, why] of [
        ["", "it is empty"],
        ["[]", "not a JSON object"],
        [`{"a": 1,\n "b" 2}`, "it is not JSON: line 2"],
        [`{"weight": "heavy"}`, "weight"],
        [`{"a": "${"x".repeat(1024 * 1024)}"}`, "larger than"]
      ] as const) {
        const { status, text: told } = yield* call("POST", "auth-files?name=x.json", text)
        assert.strictEqual(status, 400)
        assert.include(told, why)
        assert.isFalse(existsSync(join(creds, "x.json")))
      }
      for (const [method, route, body] of [
        ["GET", "auth-files/download?name=nobody.json", undefined],
        ["DELETE", "auth-files?name=nobody.json", undefined],
        ["PATCH", "auth-files/status", { name: "nobody.json", disabled: true }]
      ] as const) {
        assert.strictEqual((yield* call(method, route, body)).status, 404, route)
      }
      assert.strictEqual((yield* call("GET", "auth-files/unknown")).status, 404)
      assert.strictEqual((yield* call("PUT", "auth-files")).status, 404)
    })
  )

  it.live("are switched off and on, changed key by key, and deleted", () =>
    Effect.gen(function* () {
      const managed = yield* managedProxy(config)
      const { call, creds } = managed
      const path = join(creds, "jane.json")
      yield* call("POST", "auth-files?name=jane.json", janesFile)
      const off = yield* call("PATCH", "auth-files/status", { name: "jane.json", disabled: true })
      assert.deepStrictEqual([off.status, off.json], [200, { status: "ok", disabled: true }])
      assert.deepStrictEqual(yield* listed(managed), [{ ...jane, status: "disabled", disabled: true }])
      // Digits that JavaScript's numbers do not have are still there.
      assert.strictEqual(readFileSync(path, "utf8"), janesFile.replace("\n}", `,"disabled":true\n}`))
      yield* call("PATCH", "auth-files/status", { name: "jane.json", disabled: false })
      const changed = yield* call("PATCH", "auth-files/fields", { name: "jane.json", priority: 7, disabled: null })
      assert.deepStrictEqual([changed.status, changed.json], [200, { status: "ok" }])
      assert.strictEqual(readFileSync(path, "utf8"), janesFile.replace("\n}", `,"priority":7\n}`))
      assert.deepStrictEqual(yield* listed(managed), [{ ...jane, priority: 7 }])
      for (const body of [
        { name: "jane.json" },
        { name: "jane.json", "a.b": 1 },
        { name: "jane.json", weight: "x" },
        { priority: 1 }
      ]) {
        assert.strictEqual((yield* call("PATCH", "auth-files/fields", body)).status, 400)
      }
      for (const name of ["a.json", "b.json", "c.json", "d.json"])
        yield* call("POST", `auth-files?name=${name}`, janesFile)
      assert.deepStrictEqual(
        (yield* listed(managed, "?name=b.json")).map(({ name }) => name),
        ["b.json"]
      )
      const one = yield* call("DELETE", "auth-files?name=jane.json")
      assert.deepStrictEqual([one.status, one.json], [200, { status: "ok", deleted: 1, files: ["jane.json"] }])
      const two = yield* call("DELETE", "auth-files", { names: ["a.json", "nobody.json"] })
      assert.strictEqual(two.status, 207)
      assert.deepInclude(two.json as object, { status: "partial", deleted: 1, files: ["a.json"] })
      assert.deepStrictEqual(readdirSync(creds).toSorted(), ["b.json", "c.json", "d.json"])
      assert.strictEqual((yield* call("DELETE", "auth-files", {})).status, 400)
      assert.strictEqual((yield* call("DELETE", "auth-files?all=true")).status, 200)
      assert.deepStrictEqual([readdirSync(creds), yield* listed(managed)], [[], []])
    })
  )

  it.live("are told with the models that clients can call with them", () =>
    Effect.gen(function* () {
      const { call, lab } = yield* managedProxy(config, { auth_provider: true, executor: true, model_provider: true })
      lab.answer("executor.identifier", { identifier: "lab" })
      lab.answer("model.for_auth", { Provider: "lab", Models: [{ ID: "lab-large" }, { ID: "lab-small" }] })
      yield* call("POST", "auth-files?name=jane.json", janesFile)
      const models = Effect.map(call("GET", "auth-files/models?name=jane.json"), ({ json }) => json)
      const wanted = ["lab-large", "lab-small"].map((id) => ({ id, type: "lab", owned_by: "lab" }))
      // The plugin is asked for them after the upload was answered.
      yield* Effect.repeat(models, { until: (told) => isDeepStrictEqual(told, { models: wanted }) })
      assert.strictEqual((yield* call("GET", "auth-files/models?name=nobody.json")).status, 404)
    })
  )

  it.live("that hold a credential of another file are told to be of no use", () =>
    Effect.gen(function* () {
      const { call, lab } = yield* managedProxy(config)
      lab.answer("auth.parse", { Handled: true, Auth: { Provider: "lab", ID: "the-one" } })
      yield* call("POST", "auth-files?name=a.json", janesFile)
      const second = yield* call("POST", "auth-files?name=b.json", janesFile)
      assert.deepStrictEqual(second.json, { status: "ok", uploaded: 1, files: ["b.json"], unused: ["b.json"] })
    })
  )

  it.live("changed by many at once keep every change", () =>
    Effect.gen(function* () {
      const { call, creds } = yield* managedProxy(config)
      yield* call("POST", "auth-files?name=jane.json", janesFile)
      const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`)
      const answers = yield* Effect.forEach(
        keys,
        (key) => call("PATCH", "auth-files/fields", { name: "jane.json", [key]: key }),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual([...new Set(answers.map(({ status }) => status))], [200])
      const json = JSON.parse(readFileSync(join(creds, "jane.json"), "utf8")) as Record<string, unknown>
      for (const key of keys) assert.strictEqual(json[key], key)
      assert.deepStrictEqual(readdirSync(creds), ["jane.json"])
    })
  )

  it.live("need a directory", () =>
    Effect.gen(function* () {
      const { call } = yield* managedProxy("demo: true\n")
      assert.deepStrictEqual((yield* call("GET", "auth-files")).json, { files: [] })
      const refused = yield* call("POST", "auth-files?name=a.json", "{}")
      assert.strictEqual(refused.status, 409)
      assert.include(refused.text, "no auth-dir")
    })
  )
})
