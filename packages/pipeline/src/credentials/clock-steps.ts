import { type CredentialLedger, type LedgerRow } from "@cliproxy/scheduler"
import { Effect, type Scope } from "effect"

/** Milliseconds between two looks at the clock. */
const LOOK_EVERY_MS = 5_000

/** Steps back that are smaller than this, in milliseconds, are how clocks are kept right, and make no difference. */
const LEAST_STEP_MS = 1_000

/** Two clocks, in milliseconds: the one that people set, since the epoch, and one that nobody can, since whenever. */
export interface Clocks {
  readonly wall: () => number
  readonly steady: () => number
}

const CLOCKS: Clocks = { wall: () => Date.now(), steady: () => performance.now() }

type Rest = NonNullable<LedgerRow["rest"]>

const movedRest = (rest: Rest, byMs: number): Rest => ({
  ...rest,
  until: rest.until + byMs,
  openedAt: rest.openedAt + byMs,
  probeAt: rest.probeAt + byMs,
  ...(rest.lastResortAt === undefined ? {} : { lastResortAt: rest.lastResortAt + byMs })
})

const movedRow = (row: LedgerRow, byMs: number): LedgerRow => ({
  ...row,
  models: Object.fromEntries(Object.entries(row.models).map(([model, rest]) => [model, movedRest(rest, byMs)])),
  ...(row.rest === undefined ? {} : { rest: movedRest(row.rest, byMs) }),
  ...(row.quota === undefined ? {} : { quota: { ...row.quota, resetAt: row.quota.resetAt + byMs } }),
  ...(row.lastSuccessAt === undefined ? {} : { lastSuccessAt: row.lastSuccessAt + byMs })
})

/**
 * Keeps rests as long as they were meant to be when somebody sets the clock of the machine back: their ends are times of
 * that clock, and a rest of a second would last for an hour. A clock that is set forward needs no help, since a rest that
 * has ended is found out by one request. Looks now and then until the scope closes.
 */
export const watchClockSteps = (
  ledger: Pick<CredentialLedger, "snapshot" | "clear" | "restore">,
  { steady, wall }: Clocks = CLOCKS
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    let ahead = wall() - steady()
    const look = Effect.suspend(() => {
      const now = wall()
      const stepMs = now - steady() - ahead
      ahead += stepMs
      if (stepMs > -LEAST_STEP_MS) return Effect.void
      const rows = ledger.snapshot()
      for (const { id } of rows) ledger.clear(id)
      ledger.restore(
        rows.map((row) => movedRow(row, stepMs)),
        now
      )
      return Effect.logWarning(
        `the clock was set back by ${Math.round(-stepMs / 1000)} s; rests of credentials go with it`
      )
    })
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(LOOK_EVERY_MS), look)))
  })
