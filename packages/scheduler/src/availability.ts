import type { Cooldown } from "./cooldown.ts"
import { type Entry, laterRest } from "./ledger-entry.ts"

/** Where a credential is between serving and resting; see `CredentialLedger.availability`. */
export type Availability =
  /** Nothing is held against it. */
  | { readonly _tag: "Available" }
  /** It rests until `rest.until`; from `rest.probeAt` on one request may find out whether it still has to. */
  | { readonly _tag: "Resting"; readonly rest: Cooldown }
  /** Its rest is over, or a probe is due: the next request is the probe. */
  | { readonly _tag: "HalfOpen"; readonly rest: Cooldown }
  /** A probe is under way. */
  | { readonly _tag: "Probing"; readonly rest: Cooldown | undefined }
  /** It recovered and gets a bounded share until `until` (milliseconds since the epoch). */
  | { readonly _tag: "Recovering"; readonly until: number }

/** When a rest lets somebody through, in milliseconds since the epoch. */
const tryAt = (rest: Cooldown | undefined): number => Math.min(rest?.until ?? 0, rest?.probeAt ?? 0)

/** Where a credential stands for a model. */
export const availabilityOf = (entry: Entry | undefined, model: string, now: number): Availability => {
  if (entry === undefined) return { _tag: "Available" }
  const { whole } = entry
  const standing = entry.models.get(model)
  const rest = laterRest(whole.rest, standing?.rest)
  if (whole.probe !== undefined || standing?.probe !== undefined) return { _tag: "Probing", rest }
  if (rest !== undefined) {
    return { _tag: Math.max(tryAt(whole.rest), tryAt(standing?.rest)) <= now ? "HalfOpen" : "Resting", rest }
  }
  const until = Math.max(whole.rampUntil, standing?.rampUntil ?? 0)
  return now < until ? { _tag: "Recovering", until } : { _tag: "Available" }
}
