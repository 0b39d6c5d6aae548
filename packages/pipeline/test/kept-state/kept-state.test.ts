import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"

import { type LedgerRow, makeCredentialLedger, makePool } from "@cliproxy/scheduler"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Logger } from "effect"
import { TestClock } from "effect/testing"

import { keepStandings } from "../../src/kept-state/keep-standings.ts"
import { openStateFile } from "../../src/kept-state/state-file.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "kept-state-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const candidate = (id: string) => ({ id, provider: "p", priority: 0, disabled: false, attributes: {} })

/** A ledger with two credentials that is kept in the file, as one run of a gateway has it. */
const run = Effect.fnUntraced(function* (path: string, fingerprints: Readonly<Record<string, string>>) {
  const file = yield* openStateFile(path)
  let told: ((id: string) => void) | undefined
  const ledger = makeCredentialLedger({ onChange: (id) => told?.(id) })
  const pool = makePool([candidate("a"), candidate("b")])
  ledger.attach(pool, "m")
  const keeper = yield* keepStandings(file, ledger)
  told = keeper.changed
  keeper.setFingerprints(new Map(Object.entries(fingerprints)), yield* Clock.currentTimeMillis)
  const restsUntil = (id: string) => ledger.get(id, "m")?.until
  return { file, keeper, ledger, pool, restsUntil }
})

const same = { a: "1", b: "2" }

describe("what is known of credentials", () => {
  it.effect("is the same after a restart, for those that are still the same", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "deep", "state.sqlite")
      const now = yield* Clock.currentTimeMillis
      const until = yield* Effect.scoped(
        Effect.gen(function* () {
          const { ledger, restsUntil } = yield* run(path, same)
          ledger.report({ id: "a", model: "m", outcome: { _tag: "Refused", status: 401 }, now })
          ledger.report({ id: "b", model: "m", outcome: { _tag: "Refused", status: 429 }, now })
          return [restsUntil("a"), restsUntil("b")]
        })
      )
      assert.isAbove(until[0] ?? 0, now)
      assert.isAbove(until[1] ?? 0, now)
      const again = yield* Effect.scoped(run(path, same))
      assert.deepStrictEqual([again.restsUntil("a"), again.restsUntil("b")], until)
      const replaced = yield* Effect.scoped(run(path, { a: "another", b: "2" }))
      assert.deepStrictEqual([replaced.restsUntil("a"), replaced.restsUntil("b")], [undefined, until[1]])
    })
  )

  it.effect("is in the file a quarter of a second after it changed, all changes at once", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "state.sqlite")
      const { file, ledger } = yield* run(path, same)
      const now = yield* Clock.currentTimeMillis
      ledger.report({ id: "a", model: "m", outcome: { _tag: "Refused", status: 401 }, now })
      yield* TestClock.adjust("200 millis")
      ledger.report({ id: "b", model: "m", outcome: { _tag: "Refused", status: 401 }, now })
      assert.deepStrictEqual(file.read(), [])
      yield* TestClock.adjust("50 millis")
      assert.deepStrictEqual(
        file.read().map(({ row }) => row.id),
        ["a", "b"]
      )
      ledger.clear("a")
      yield* TestClock.adjust("250 millis")
      assert.deepStrictEqual(
        file.read().map(({ row }) => row.id),
        ["b"]
      )
    })
  )

  it.effect("is forgotten of a credential that was taken away while the gateway was off, but not at once", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "state.sqlite")
      const now = yield* Clock.currentTimeMillis
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { ledger } = yield* run(path, { ...same, c: "3" })
          for (const id of ["a", "b", "c"]) {
            ledger.report({ id, model: "m", outcome: { _tag: "Refused", status: 401 }, now })
          }
        })
      )
      const { file, keeper } = yield* run(path, { a: "1" })
      const ids = () => file.read().map(({ row }) => row.id)
      yield* TestClock.adjust("9 minutes")
      assert.deepStrictEqual(ids(), ["a", "b", "c"])
      // It is a plugin's, and comes late.
      keeper.setFingerprints(new Map(Object.entries(same)), now)
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(ids(), ["a", "b"])
    })
  )

  it.effect("goes with the credential", () =>
    Effect.gen(function* () {
      const { file, keeper, ledger } = yield* run(join(yield* folder, "state.sqlite"), same)
      const now = yield* Clock.currentTimeMillis
      ledger.report({ id: "a", model: "m", outcome: { _tag: "Refused", status: 401 }, now })
      yield* TestClock.adjust("250 millis")
      assert.strictEqual(file.read().length, 1)
      keeper.setFingerprints(new Map([["b", "2"]]), now)
      yield* TestClock.adjust("250 millis")
      assert.deepStrictEqual(file.read(), [])
    })
  )
})

describe("what cannot be written", () => {
  it.effect("is told once, and written when that is possible again", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "state.sqlite")
      const lines: Array<string> = []
      const logger = Logger.make<unknown, void>(({ message }) => void lines.push(String(message)))
      yield* Effect.gen(function* () {
        const { file, ledger } = yield* run(path, same)
        const other = new DatabaseSync(path)
        other.exec("BEGIN IMMEDIATE")
        for (const id of ["a", "b", "a"]) {
          const now = yield* Clock.currentTimeMillis
          ledger.report({ id, model: "m", outcome: { _tag: "Refused", status: 401 }, now })
          yield* TestClock.adjust("5 seconds")
        }
        assert.deepStrictEqual(file.read(), [])
        assert.lengthOf(lines, 1)
        assert.include(lines[0], "database is locked")
        other.exec("ROLLBACK")
        other.close()
        yield* TestClock.adjust("5 seconds")
        assert.deepStrictEqual(
          file.read().map(({ row }) => row.id),
          ["a", "b"]
        )
        assert.lengthOf(lines, 2)
      }).pipe(Effect.provide(Logger.layer([logger])))
    })
  )
})

describe("the state file", () => {
  it.effect("is readable for its owner alone", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "state.sqlite")
      yield* run(path, same)
      assert.strictEqual(statSync(path).mode & 0o777, 0o600)
    })
  )

  it.effect("that is no database any more is put aside, with what was on the way into it", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "state.sqlite")
      writeFileSync(path, "not a database at all ".repeat(500))
      writeFileSync(`${path}-wal`, "nor this")
      const { file } = yield* run(path, same)
      assert.deepStrictEqual(file.read(), [])
      assert.strictEqual(file.putAside, `${path}.broken`)
      assert.isTrue(existsSync(`${path}.broken`))
      assert.notInclude(readFileSync(`${path}-wal`, "latin1"), "nor this")
    })
  )

  it.effect("that is damaged in the middle is put aside, too", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "state.sqlite")
      const rows = Array.from({ length: 200 }, (_, n) => ({
        fingerprint: "f".repeat(64),
        row: { id: `${n}`, models: {} }
      }))
      yield* Effect.scoped(Effect.map(openStateFile(path), (file) => file.write(rows, [])))
      const bytes = readFileSync(path)
      writeFileSync(path, bytes.fill(0xff, 4096, bytes.length - 4096))
      const { file } = yield* run(path, same)
      assert.strictEqual(file.putAside, `${path}.broken`)
      file.write(rows.slice(0, 1), [])
      assert.lengthOf(file.read(), 1)
    })
  )

  it.effect("with another table of the same name is begun anew", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "state.sqlite")
      const other = new DatabaseSync(path)
      other.exec("CREATE TABLE credential (something); PRAGMA user_version = 1")
      other.close()
      const { file } = yield* run(path, same)
      assert.deepStrictEqual(file.read(), [])
    })
  )

  it.effect("with rows that are not understood gives the others", () =>
    Effect.gen(function* () {
      const { file } = yield* run(join(yield* folder, "state.sqlite"), same)
      const row = { id: "a", models: {}, lastSuccessAt: 5 }
      // @ts-expect-error what another version may have written
      const other: LedgerRow = { id: "b", models: 7 }
      const rows = [row, other].map((one, index) => ({ fingerprint: String(index + 1), row: one }))
      file.write(rows, [])
      assert.deepStrictEqual(file.read(), [{ fingerprint: "1", row }])
    })
  )

  it.effect("that cannot be made is told with its path", () =>
    Effect.gen(function* () {
      const inside = yield* folder
      const path = join(inside, "file", "state.sqlite")
      writeFileSync(join(inside, "file"), "")
      chmodSync(inside, 0o700)
      const error = yield* Effect.flip(Effect.scoped(openStateFile(path)))
      assert.strictEqual(error._tag, "StateFileUnavailable")
      assert.include(error.message, path)
    })
  )
})
