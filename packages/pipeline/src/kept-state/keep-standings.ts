import type { CredentialLedger, LedgerRow } from "@cliproxy/scheduler"
import { Effect, type Scope } from "effect"

import type { KeptRow, StateFile } from "./state-file.ts"

/** Longest time in milliseconds for which a change is not in the file yet. */
const WRITE_AFTER_MS = 250

/** Keeps what is known of credentials in a file. */
export interface StandingKeeper {
  /** What is known of a credential has changed. It is written soon, together with what else changes until then. */
  readonly changed: (id: string) => void
  /**
   * Says which credentials there are, by ID, with their fingerprints. What the file says of those that are there for the
   * first time, and still the same, goes into the ledger. Those that are gone are forgotten, in the file as well.
   * `now` is in Unix milliseconds.
   */
  readonly setFingerprints: (fingerprints: ReadonlyMap<string, string>, now: number) => void
}

/** Begins to keep the standings of a ledger. When the scope closes, what has changed last is written. */
export const keepStandings = Effect.fnUntraced(function* (
  file: StateFile,
  ledger: Pick<CredentialLedger, "restore" | "snapshot">
): Effect.fn.Return<StandingKeeper, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const fork = Effect.runForkWith(yield* Effect.context())
  /** What the file said, of credentials that have not been seen yet. */
  const kept = new Map((yield* readAll(file)).map((one) => [one.row.id, one]))
  let fingerprints: ReadonlyMap<string, string> = new Map()
  const dirty = new Set<string>()
  let writing = false

  const write = Effect.suspend(() => {
    const ids = [...dirty]
    dirty.clear()
    const rows: Array<KeptRow> = []
    const gone: Array<string> = []
    for (const id of ids) {
      const fingerprint = fingerprints.get(id)
      const [row] = fingerprint === undefined ? [] : ledger.snapshot(id)
      if (fingerprint === undefined || row === undefined) gone.push(id)
      else rows.push({ fingerprint, row })
    }
    return Effect.try(() => file.write(rows, gone)).pipe(
      Effect.catch((error) => Effect.logWarning("what is known of credentials could not be kept", error))
    )
  })

  const soon = (): void => {
    if (writing) return
    writing = true
    const written = Effect.andThen(
      Effect.sleep(WRITE_AFTER_MS),
      Effect.suspend(() => {
        writing = false
        return write
      })
    )
    fork(Effect.forkIn(written, scope))
  }

  yield* Effect.addFinalizer(() => (dirty.size === 0 ? Effect.void : write))
  return {
    changed: (id) => {
      dirty.add(id)
      soon()
    },
    setFingerprints: (current, now) => {
      for (const [id, fingerprint] of fingerprints) if (current.get(id) !== fingerprint) dirty.add(id)
      fingerprints = current
      const same: Array<LedgerRow> = []
      for (const [id, fingerprint] of current) {
        const known = kept.get(id)
        if (known === undefined) continue
        kept.delete(id)
        if (known.fingerprint === fingerprint) same.push(known.row)
        else dirty.add(id)
      }
      ledger.restore(same, now)
      if (dirty.size > 0) soon()
    }
  }
})

/** A file that cannot be read has nothing to say. */
const readAll = (file: StateFile): Effect.Effect<ReadonlyArray<KeptRow>> =>
  Effect.try(() => file.read()).pipe(
    Effect.catch((error) => Effect.as(Effect.logWarning("what was kept of credentials cannot be read", error), []))
  )
