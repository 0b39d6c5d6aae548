import type { CredentialLedger } from "@cliproxy/scheduler"
import { Effect, type Scope } from "effect"

import { keepStandings, type StandingKeeper } from "./keep-standings.ts"
import { openStateFile } from "./state-file.ts"

/** A keeper that keeps nothing. */
const KEEPS_NOTHING: StandingKeeper = { changed: () => {}, setFingerprints: () => {} }

/**
 * Begins to keep the standings of a ledger in this file; nothing, without a path. A file that cannot be used is told in
 * the log, and nothing is kept then: a gateway is worth more than its memory.
 */
export const openKeeper = (
  path: string | undefined,
  ledger: Pick<CredentialLedger, "restore" | "snapshot">
): Effect.Effect<StandingKeeper, never, Scope.Scope> =>
  path === undefined
    ? Effect.succeed(KEEPS_NOTHING)
    : openStateFile(path).pipe(
        Effect.tap(({ putAside }) =>
          putAside === undefined
            ? Effect.void
            : Effect.logWarning(`the state file ${path} was damaged: it is now ${putAside}, and begun anew`)
        ),
        Effect.flatMap((file) => keepStandings(file, ledger)),
        Effect.catchTag("StateFileUnavailable", ({ message }) =>
          Effect.as(Effect.logWarning(`${message}. What is known of credentials is not kept.`), KEEPS_NOTHING)
        )
      )
