import type { CredentialLedger, LedgerRow } from "@cliproxy/scheduler"
import { Effect, type Scope } from "effect"

import type { KeptRow, StateFile } from "./state-file.ts"

/** Longest time in milliseconds for which a change is not in the file yet. */
const WRITE_AFTER_MS = 250

/** Milliseconds until what could not be written is tried again: a disk that is full, a file that somebody else uses. */
const TRY_AGAIN_MS = 5_000

/**
 * Milliseconds after the start until what the file says of credentials that have not come is forgotten: those of plugins
 * and credential files come later than the others, and some were taken away while the gateway was off.
 */
const FORGET_AFTER_MS = 600_000

/** Keeps what is known of credentials in a file. */
export interface StandingKeeper {
  /** What is known of a credential has changed. It is written soon, together with what else changes until then. */
  readonly changed: (id: string) => void
  /**
   * Says which credentials there are, by ID, with their fingerprints. What the file says of those that are there for the
   * first time, and still the same, goes into the ledger. Those that are gone are forgotten, in the file as well; so are
   * those that do not come within ten minutes of the start.
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
  /** Whether the last write failed. That is told once. */
  let failing = false

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
    return Effect.try({ try: () => file.write(rows, gone), catch: reasonOf }).pipe(
      Effect.matchEffect({
        onSuccess: () => {
          if (!failing) return Effect.void
          failing = false
          return Effect.logInfo("what is known of credentials is kept again")
        },
        onFailure: (reason) => {
          const told = failing
          failing = true
          for (const id of ids) dirty.add(id)
          soon(TRY_AGAIN_MS)
          return told
            ? Effect.void
            : Effect.logWarning(`what is known of credentials cannot be kept now, and is tried again: ${reason}`)
        }
      })
    )
  })

  const soon = (afterMs = WRITE_AFTER_MS): void => {
    if (writing) return
    writing = true
    const written = Effect.andThen(
      Effect.sleep(afterMs),
      Effect.suspend(() => {
        writing = false
        return write
      })
    )
    fork(Effect.forkIn(written, scope))
  }

  const forgetLost = Effect.sync(() => {
    for (const id of kept.keys()) dirty.add(id)
    kept.clear()
    if (dirty.size > 0) soon()
  })
  if (kept.size > 0) yield* Effect.forkIn(Effect.andThen(Effect.sleep(FORGET_AFTER_MS), forgetLost), scope)

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
  Effect.try({ try: () => file.read(), catch: reasonOf }).pipe(
    Effect.catch((reason) => Effect.as(Effect.logWarning(`what was kept of credentials cannot be read: ${reason}`), []))
  )

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
