import { mkdirSync, renameSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync, type StatementSync } from "node:sqlite"

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
  /** Where a damaged file is now that was found in its place; `undefined` when there was none. */
  readonly putAside: string | undefined
  /** All that is kept. Rows that are not understood are left out. */
  readonly read: () => ReadonlyArray<KeptRow>
  /** Keeps these rows, and forgets the credentials of `gone`, at once or not at all. */
  readonly write: (rows: ReadonlyArray<KeptRow>, gone: ReadonlyArray<string>) => void
}

/** Version of the tables. A file of another version is begun anew: what it holds is of use for hours, not for years. */
const VERSION = 1

const decodeRow = Schema.decodeUnknownOption(Schema.fromJsonString(LedgerRow))

/**
 * Opens a SQLite file, or makes it, readable for its owner alone. A file that is no database any more, or a damaged one,
 * is put aside as `<path>.broken` and replaced: rests are worth keeping, and not worth refusing to start for.
 */
export const openStateFile = (path: string): Effect.Effect<StateFile, StateFileUnavailable, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({ try: () => openOrReplace(path), catch: (error) => unavailable(path, error) }),
    ({ database }) => Effect.sync(() => database.close())
  ).pipe(Effect.map(stateFileOf))

/** An open file that was read as a whole and understood. */
interface OpenFile extends Pick<StateFile, "putAside"> {
  readonly database: DatabaseSync
  readonly all: StatementSync
}

const openOrReplace = (path: string): OpenFile => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  try {
    return { ...open(path), putAside: undefined }
  } catch (error) {
    if (!isBroken(error)) throw error
    const putAside = `${path}.broken`
    renameSync(path, putAside)
    // What was not in the file yet would be put into the new one.
    for (const companion of [`${path}-wal`, `${path}-shm`]) rmSync(companion, { force: true })
    return { ...open(path), putAside }
  }
}

/** Milliseconds for which the gateway may stand still at the start and later, while another process writes the file. */
const PATIENCE_MS = { start: 1_000, later: 50 } as const

const open = (path: string): Omit<OpenFile, "putAside"> => {
  const umask = process.umask(0o077)
  try {
    const database = new DatabaseSync(path, { timeout: PATIENCE_MS.start })
    try {
      // A commit survives a crash of the process. After a loss of power the last ones may be missing, which is no harm.
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
      if (!isOurs(database)) {
        database.exec(`
          BEGIN;
          DROP TABLE IF EXISTS credential;
          CREATE TABLE credential (id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, standing TEXT NOT NULL) STRICT;
          PRAGMA user_version = ${VERSION};
          COMMIT`)
      }
      const all = database.prepare("SELECT fingerprint, standing FROM credential ORDER BY id")
      // A damaged page shows when it is read.
      all.all()
      database.exec(`PRAGMA busy_timeout = ${PATIENCE_MS.later}`)
      return { database, all }
    } catch (error) {
      database.close()
      throw error
    }
  } finally {
    process.umask(umask)
  }
}

const COLUMNS = ["id", "fingerprint", "standing"]

/** Whether the file has our table, in our version. */
const isOurs = (database: DatabaseSync): boolean => {
  if (database.prepare("PRAGMA user_version").get()?.["user_version"] !== VERSION) return false
  const columns = database.prepare("PRAGMA table_info(credential)").all()
  return columns.length === COLUMNS.length && columns.every(({ name }, index) => name === COLUMNS[index])
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

const stateFileOf = ({ all, database, putAside }: OpenFile): StateFile => {
  const put = database.prepare("INSERT OR REPLACE INTO credential (id, fingerprint, standing) VALUES (?, ?, ?)")
  const drop = database.prepare("DELETE FROM credential WHERE id = ?")
  return {
    putAside,
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
        // A full disk has ended the transaction already.
        if (database.isTransaction) database.exec("ROLLBACK")
        throw error
      }
    }
  }
}
