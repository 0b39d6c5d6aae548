import { mkdirSync, renameSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"

import { LedgerRow } from "@cliproxy/scheduler"
import { Effect, Option, Schema, type Scope } from "effect"

/** The file cannot be used: no permission, no folder, a full disk. */
export class StateFileUnavailable extends Schema.TaggedError<StateFileUnavailable>()("StateFileUnavailable", {
  path: Schema.String,
  message: Schema.String
}) {}

/** What is kept of one credential. */
export interface KeptRow {
  /** Tells whether a credential of this ID still is the same one; see `Credential.fingerprint`. */
  readonly fingerprint: string
  readonly row: LedgerRow
}

/** A file that outlives the gateway. Calls are synchronous and take some microseconds. */
export interface StateFile {
  /** All that is kept. Rows that are not understood are left out. */
  readonly read: () => ReadonlyArray<KeptRow>
  /** Keeps these rows, and forgets the credentials of `gone`, at once or not at all. */
  readonly write: (rows: ReadonlyArray<KeptRow>, gone: ReadonlyArray<string>) => void
}

/** Version of the tables. A file of another version is begun anew: what it holds is of use for hours, not for years. */
const VERSION = 1

const decodeRow = Schema.decodeUnknownOption(Schema.fromJsonString(LedgerRow))

/**
 * Opens a SQLite file, or makes it, readable for its owner alone. A file that is no database any more is put aside as
 * `<path>.broken` and replaced: rests are worth keeping, and not worth refusing to start for.
 */
export const openStateFile = (path: string): Effect.Effect<StateFile, StateFileUnavailable, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({ try: () => openOrReplace(path), catch: (error) => unavailable(path, error) }),
    (database) => Effect.sync(() => database.close())
  ).pipe(Effect.map(stateFileOf))

const openOrReplace = (path: string): DatabaseSync => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  try {
    return open(path)
  } catch (error) {
    if (!isBroken(error)) throw error
    renameSync(path, `${path}.broken`)
    return open(path)
  }
}

const open = (path: string): DatabaseSync => {
  const umask = process.umask(0o077)
  try {
    const database = new DatabaseSync(path, { timeout: 1_000 })
    try {
      // A commit survives a crash of the process. After a loss of power the last ones may be missing, which is no harm.
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
      const version = database.prepare("PRAGMA user_version").get()?.["user_version"]
      if (version !== VERSION) {
        database.exec(`
          BEGIN;
          DROP TABLE IF EXISTS credential;
          CREATE TABLE credential (id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, standing TEXT NOT NULL) STRICT;
          PRAGMA user_version = ${VERSION};
          COMMIT`)
      }
      return database
    } catch (error) {
      database.close()
      throw error
    }
  } finally {
    process.umask(umask)
  }
}

/** SQLite's codes for a file that is no database, or a damaged one: https://www.sqlite.org/rescode.html. */
const BROKEN: ReadonlySet<number> = new Set([11, 26])

const isBroken = (error: unknown): boolean =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number" && BROKEN.has(error.errcode & 0xff)

const unavailable = (path: string, error: unknown): StateFileUnavailable =>
  new StateFileUnavailable({
    path,
    message: `The state file ${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`
  })

const stateFileOf = (database: DatabaseSync): StateFile => {
  const all = database.prepare("SELECT fingerprint, standing FROM credential ORDER BY id")
  const put = database.prepare("INSERT OR REPLACE INTO credential (id, fingerprint, standing) VALUES (?, ?, ?)")
  const drop = database.prepare("DELETE FROM credential WHERE id = ?")
  return {
    read: () =>
      all.all().flatMap(({ fingerprint, standing }) =>
        Option.match(decodeRow(standing), {
          onNone: () => [],
          onSome: (row) => [{ fingerprint: String(fingerprint), row }]
        })
      ),
    write: (rows, gone) => {
      database.exec("BEGIN IMMEDIATE")
      try {
        for (const id of gone) drop.run(id)
        for (const { fingerprint, row } of rows) put.run(row.id, fingerprint, JSON.stringify(row))
        database.exec("COMMIT")
      } catch (error) {
        database.exec("ROLLBACK")
        throw error
      }
    }
  }
}
