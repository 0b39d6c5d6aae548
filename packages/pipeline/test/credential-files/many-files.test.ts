import { assert, describe, it } from "@effect/vitest"
import { Effect, Latch } from "effect"
import { TestClock } from "effect/testing"
import { renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { makeCredentialStore } from "../../src/credential-files/credential-store.ts"
import { watchCredentials } from "../../src/credential-files/watch-credentials.ts"
import { authPlugins, credentialDirectory, hostOf, owning } from "./auth-plugin-double.ts"

const COUNT = 2_000

const nameOf = (number: number): string => `credential-${String(number).padStart(4, "0")}.json`

describe("a directory of 2,000 files", () => {
  it.live("is read once; of a change no more than the file is read again, and all others stay as they are", () =>
    Effect.gen(function* () {
      const directory = yield* credentialDirectory
      for (let number = 0; number < COUNT; number++) directory.put(nameOf(number), { type: "lab", number })
      const doubles = authPlugins({
        lab: owning("lab", {
          "auth.parse": ({ RawJSON }) => ({ Handled: true, Auth: { StorageJSON: RawJSON } })
        })
      })
      const store = yield* makeCredentialStore(doubles.plugins)
      yield* store.load({ dir: directory.dir, host: hostOf(directory.dir) })
      assert.lengthOf(doubles.callsOf("auth.parse"), COUNT)

      const before = new Set(store.credentials())
      const told = yield* Latch.make()
      store.onChange(() => told.openUnsafe())
      // In one step, so that nobody sees half of it.
      directory.put("changed.tmp", { type: "lab", number: "changed" })
      renameSync(join(directory.dir, "changed.tmp"), join(directory.dir, nameOf(7)))
      yield* told.await
      assert.deepStrictEqual(
        doubles
          .callsOf("auth.parse")
          .slice(COUNT)
          .map(({ request }) => request["FileName"]),
        [nameOf(7)]
      )
      assert.deepStrictEqual(
        store
          .credentials()
          .filter((one) => !before.has(one))
          .map(({ id }) => id),
        [nameOf(7)]
      )

      const changed = new Set(store.credentials())
      store.note(nameOf(9), { refreshError: "no" })
      assert.lengthOf(
        store.credentials().filter((one) => !changed.has(one)),
        1
      )
    })
  )
})

describe("the watch of a credential directory", () => {
  it.effect("names the files that have changed, and the whole directory for what is no credential", () =>
    Effect.gen(function* () {
      const directory = yield* credentialDirectory
      directory.put("a.json", {})
      directory.put("b.json", {})
      const looks: Array<ReadonlyArray<string> | "all"> = []
      const look = (names: ReadonlySet<string> | undefined) =>
        Effect.sync(() => void looks.push(names === undefined ? "all" : [...names].toSorted()))
      yield* Effect.forkScoped(watchCredentials(directory.dir, look))
      // The first one is for what has changed before there was a watch.
      yield* looked(looks, 1)
      directory.put("a.json", { changed: true })
      rmSync(join(directory.dir, "b.json"))
      writeFileSync(join(directory.dir, "a.json.0.tmp"), "")
      yield* looked(looks, 2)
      writeFileSync(join(directory.dir, "..data"), "")
      yield* looked(looks, 3)
      assert.deepStrictEqual(looks, ["all", ["a.json", "b.json"], "all"])
      // Nothing has changed; but not every file system tells.
      yield* TestClock.adjust("5 seconds")
      yield* looked(looks, 4)
      assert.strictEqual(looks[3], "all")
    })
  )
})

/** Waits in truth, not by the test's clock, which stands still; the test's own limit ends what never comes. */
const looked = (looks: ReadonlyArray<unknown>, count: number) =>
  Effect.promise(async () => {
    // oxlint-disable-next-line no-await-in-loop -- looks again and again
    while (looks.length < count) await new Promise((resolve) => setTimeout(resolve, 5))
  })
