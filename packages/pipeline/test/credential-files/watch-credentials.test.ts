import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { TestClock } from "effect/testing"
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { makeCredentialStore } from "../../src/credential-files/credential-store.ts"
import { authPlugins, hostOf } from "./auth-plugin-double.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "cliproxy-watched-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const json = (note: string): string => JSON.stringify({ type: "lab", note })

/** A store of this directory, and the notes of its credentials. */
const open = Effect.fnUntraced(function* (dir: string) {
  const store = yield* makeCredentialStore(authPlugins({}).plugins)
  yield* store.load({ dir, host: hostOf(dir) })
  const notes = () =>
    store
      .credentials()
      .map(({ metadata }) => String(metadata["note"]))
      .join()
  return { store, notes }
})

/** Lets time pass, of the test's clock and in truth, until this is so. The test's own limit ends what never comes. */
const passing = (condition: () => boolean) =>
  Effect.gen(function* () {
    while (!condition()) yield* second
  })

const second = Effect.andThen(
  TestClock.adjust("1 second"),
  Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2)))
)

describe("the credential directory", () => {
  it.effect("is looked at when the folder is replaced that its files are links into, as Kubernetes does it", () =>
    Effect.gen(function* () {
      const dir = yield* folder
      mkdirSync(join(dir, "..1"))
      writeFileSync(join(dir, "..1", "a.json"), json("first"))
      symlinkSync("..1", join(dir, "..data"))
      symlinkSync("..data/a.json", join(dir, "a.json"))
      const { notes } = yield* open(dir)
      assert.strictEqual(notes(), "first")
      mkdirSync(join(dir, "..2"))
      writeFileSync(join(dir, "..2", "a.json"), json("second"))
      symlinkSync("..2", join(dir, "..new"))
      renameSync(join(dir, "..new"), join(dir, "..data"))
      yield* passing(() => notes() === "second")
    })
  )

  it.effect("is looked at now and then, for what changes where nobody tells", () =>
    Effect.gen(function* () {
      const dir = yield* folder
      const elsewhere = join(yield* folder, "a.json")
      writeFileSync(elsewhere, json("first"))
      symlinkSync(elsewhere, join(dir, "a.json"))
      const { notes } = yield* open(dir)
      writeFileSync(elsewhere, json("the second"))
      yield* passing(() => notes() === "the second")
    })
  )

  it.effect("that is taken away is not made anew, is told once, and is watched when it is back", () =>
    Effect.gen(function* () {
      const parent = yield* folder
      const dir = join(parent, "auth")
      mkdirSync(dir)
      writeFileSync(join(dir, "a.json"), json("first"))
      const lines: Array<string> = []
      const logger = Logger.make<unknown, void>(({ message }) => void lines.push(String(message)))
      yield* Effect.gen(function* () {
        const { notes } = yield* open(dir)
        renameSync(dir, join(parent, "away"))
        yield* passing(() => lines.length > 0)
        yield* Effect.repeat(second, { times: 20 })
        assert.strictEqual(notes(), "first")
        assert.lengthOf(lines, 1)
        assert.include(lines[0], "ENOENT")
        renameSync(join(parent, "away"), dir)
        writeFileSync(join(dir, "b.json"), json("second"))
        yield* passing(() => notes() === "first,second")
      }).pipe(Effect.provide(Logger.layer([logger])))
    })
  )

  it.effect("names a link that leads to no file, once", () =>
    Effect.gen(function* () {
      const dir = yield* folder
      symlinkSync(join(dir, "nowhere"), join(dir, "a.json"))
      symlinkSync(join(dir, "b.json"), join(dir, "b.json"))
      mkdirSync(join(dir, "folder.json"))
      const lines: Array<string> = []
      const logger = Logger.make<unknown, void>(({ message }) => void lines.push(String(message)))
      yield* Effect.gen(function* () {
        const { notes } = yield* open(dir)
        assert.lengthOf(lines, 2)
        assert.include(lines.join(), "the credential file a.json cannot be used")
        assert.include(lines.join(), "the credential file b.json cannot be used")
        writeFileSync(join(dir, "c.json"), json("first"))
        yield* passing(() => notes() === "first")
        assert.lengthOf(lines, 2)
      }).pipe(Effect.provide(Logger.layer([logger])))
    })
  )
})
