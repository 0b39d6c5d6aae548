import { AuthData, zeroValue } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Logger } from "effect"
import { randomUUID } from "node:crypto"
import { existsSync, lstatSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { writeCredentialFile } from "../../src/credential-files/credential-directory.ts"
import { makeCredentialStore } from "../../src/credential-files/credential-store.ts"
import { until } from "../host-http/loopback-server.ts"
import { authPlugins, credentialDirectory, hostOf, owning } from "./auth-plugin-double.ts"

/** A store whose plugin stores everything that is in a file, over a folder with these files. */
const open = Effect.fnUntraced(function* (files: Record<string, unknown>) {
  const directory = yield* credentialDirectory
  for (const [name, content] of Object.entries(files)) directory.put(name, content)
  const doubles = authPlugins({
    lab: owning("lab", { "auth.parse": ({ RawJSON }) => ({ Handled: true, Auth: { StorageJSON: RawJSON } }) })
  })
  const store = yield* makeCredentialStore(doubles.plugins)
  const load = store.load({ dir: directory.dir, host: hostOf(directory.dir) })
  yield* load
  /** What a renewal does. */
  const renew = (id: string, metadata: Record<string, unknown>) =>
    store.update(id, { ...zeroValue(AuthData), Metadata: metadata }, { maps: "replace" })
  return { directory, load, renew, store }
})

/** Collects what is logged. */
const logging = (lines: Array<string>) =>
  Logger.layer([Logger.make<unknown, void>(({ message }) => void lines.push(String(message)))])

describe("a renewed credential", () => {
  it.live("is stored beside what its operator has changed meanwhile, which counts from then on", () =>
    Effect.gen(function* () {
      const { directory, renew, store } = yield* open({
        "a.json": { type: "lab", token: "t-1", note: "old", priority: 1 }
      })
      directory.put("a.json", { type: "lab", token: "t-1", note: "new", disabled: true })
      yield* renew("a.json", { token: "t-2" })
      assert.deepStrictEqual(directory.get("a.json"), { type: "lab", token: "t-2", note: "new", disabled: true })
      yield* until(() => store.find("a.json")?.disabled === true)
      assert.strictEqual(store.find("a.json")?.attributes["note"], "new")
      assert.notProperty(store.find("a.json")?.attributes, "priority")
    })
  )

  it.live("is written to where a link leads, and the link stays", () =>
    Effect.gen(function* () {
      const elsewhere = yield* credentialDirectory
      elsewhere.put("real.json", { type: "lab", token: "t-1" })
      const { directory, load, renew } = yield* open({})
      symlinkSync(join(elsewhere.dir, "real.json"), join(directory.dir, "a.json"))
      yield* load
      yield* renew("a.json", { token: "t-2" })
      assert.deepStrictEqual(elsewhere.get("real.json"), { type: "lab", token: "t-2" })
      assert.isTrue(lstatSync(join(directory.dir, "a.json")).isSymbolicLink())
    })
  )

  it.live("wins where both have changed the same key", () =>
    Effect.gen(function* () {
      const { directory, renew } = yield* open({ "a.json": { type: "lab", token: "t-1" } })
      directory.put("a.json", { type: "lab", token: "from an editor" })
      yield* renew("a.json", { token: "t-2" })
      assert.deepStrictEqual(directory.get("a.json"), { type: "lab", token: "t-2" })
    })
  )

  it.live("does not bring back a file that was removed, nor make half of one", () =>
    Effect.gen(function* () {
      const { directory, renew, store } = yield* open({ "a.json": { type: "lab", token: "t-1", refresh_token: "r" } })
      rmSync(join(directory.dir, "a.json"))
      const error = yield* Effect.flip(renew("a.json", { token: "t-2" }))
      assert.strictEqual(error.message, "the file was removed meanwhile")
      assert.deepStrictEqual(readdirSync(directory.dir), [])
      yield* until(() => store.credentials().length === 0)
    })
  )

  it.live("waits for somebody who is writing the file", () =>
    Effect.gen(function* () {
      const { directory, renew } = yield* open({ "a.json": { type: "lab", token: "t-1", refresh_token: "r" } })
      directory.put("a.json", '{"type":"lab","tok')
      const renewing = yield* Effect.forkChild(renew("a.json", { token: "t-2" }))
      yield* Effect.sleep("60 millis")
      directory.put("a.json", { type: "lab", token: "t-1", refresh_token: "r", note: "done" })
      yield* Fiber.join(renewing)
      assert.deepStrictEqual(directory.get("a.json"), { type: "lab", token: "t-2", refresh_token: "r", note: "done" })
      assert.deepStrictEqual(readdirSync(directory.dir), ["a.json"])
    })
  )

  it.live("is stored whole where the file stays broken, which is kept aside", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const { directory, renew } = yield* open({ "a.json": { type: "lab", token: "t-1", refresh_token: "r" } })
      directory.put("a.json", '{"type":"lab","note":"sk-typed')
      yield* renew("a.json", { token: "t-2" }).pipe(Effect.provide(logging(lines)))
      assert.deepStrictEqual(directory.get("a.json"), { type: "lab", token: "t-2", refresh_token: "r" })
      assert.strictEqual(directory.text("a.json.broken"), '{"type":"lab","note":"sk-typed')
      assert.strictEqual(lines.length, 1)
      assert.include(lines[0], "a.json.broken")
      assert.notInclude(lines[0], "sk-typed")
    })
  )
})

describe("a credential file that cannot be read any more", () => {
  it.live("is named in the log, counts as it was until it can be, and is taken up then", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      yield* Effect.gen(function* () {
        const { directory, store } = yield* open({
          "a.json": { type: "lab", token: "t-1" },
          "b.json": { type: "lab", token: "t-1" }
        })
        directory.put("a.json", '{"type":"lab","token":"sk-secret')
        directory.put("b.json", { type: "lab", token: "t-2" })
        yield* until(() => store.find("b.json")?.storage?.["token"] === "t-2" && lines.length > 0)
        assert.strictEqual(store.find("a.json")?.storage?.["token"], "t-1")
        directory.put("a.json", { type: "lab", token: "t-2" })
        yield* until(() => store.find("a.json")?.storage?.["token"] === "t-2")
      }).pipe(Effect.provide(logging(lines)))
      assert.match(lines[0] ?? "", /a\.json cannot be used: it is not JSON/)
      assert.notInclude(lines.join(), "sk-secret")
    })
  )

  it.live("is taken up when it was broken from the beginning", () =>
    Effect.gen(function* () {
      const { directory, store } = yield* open({ "a.json": '{"type":"lab"', "b.json": { type: "lab" } })
      assert.deepStrictEqual(
        store.credentials().map(({ id }) => id),
        ["b.json"]
      )
      directory.put("a.json", { type: "lab" })
      yield* until(() => store.find("a.json") !== undefined)
    })
  )
})

describe("the credential directory", () => {
  it.live("is made for its owner only, with the folders above it", () =>
    Effect.gen(function* () {
      const { dir } = yield* credentialDirectory
      const made = join(dir, "a", "b")
      const store = yield* makeCredentialStore(authPlugins({}).plugins)
      yield* store.load({ dir: made, host: hostOf(made) })
      assert.strictEqual(statSync(made).mode & 0o777, 0o700)
      yield* store.write("x.json", Buffer.from('{"type":"lab"}'))
      assert.strictEqual(statSync(join(made, "x.json")).mode & 0o777, 0o600)
    })
  )

  it.live("is cleared of half-written files of earlier runs, and of nothing else", () =>
    Effect.gen(function* () {
      const directory = yield* credentialDirectory
      const kept = ["a.json", "a.json.tmp", "notes.tmp", `b.json.${randomUUID()}`, "c.json.broken"]
      for (const name of kept) directory.put(name, { type: "lab" })
      const left = `a.json.${randomUUID()}.tmp`
      writeFileSync(join(directory.dir, left), '{"type":')
      const store = yield* makeCredentialStore(authPlugins({}).plugins)
      yield* store.load({ dir: directory.dir, host: hostOf(directory.dir) })
      assert.isFalse(existsSync(join(directory.dir, left)))
      assert.deepStrictEqual(readdirSync(directory.dir).toSorted(), kept.toSorted())
    })
  )

  it.live("takes a file whole that is written while another gateway clears it", () =>
    Effect.gen(function* () {
      const directory = yield* credentialDirectory
      const path = join(directory.dir, "a.json")
      let clearing = true
      // A second gateway that does nothing but begin to use the directory.
      const clear = Effect.gen(function* () {
        while (clearing) {
          for (const name of readdirSync(directory.dir))
            if (name.endsWith(".tmp")) rmSync(join(directory.dir, name), { force: true })
          yield* Effect.sleep("5 millis")
        }
      })
      const cleared = yield* Effect.forkChild(clear)
      for (let version = 0; version < 50; version++) {
        const text = JSON.stringify({ version, filler: "x".repeat(10_000) })
        const result = yield* Effect.result(writeCredentialFile(path, Buffer.from(text)))
        if (result._tag === "Success") assert.strictEqual(directory.text("a.json"), text)
        else assert.strictEqual(result.failure.message, "its temporary file was removed")
      }
      clearing = false
      yield* Fiber.join(cleared)
      assert.isAbove(JSON.parse(directory.text("a.json")).version, 0)
      assert.deepStrictEqual(readdirSync(directory.dir), ["a.json"])
    })
  )
})
