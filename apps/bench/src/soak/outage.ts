import { Effect } from "effect"

import type { FaultScript } from "./fault-script.ts"
import type { SoakClients } from "./soak-client.ts"

/** What clients saw of an outage of all keys of a model. */
export interface Outage {
  /** Milliseconds that it lasted. */
  readonly lastedMs: number
  /** Requests that were refused meanwhile, by status. */
  readonly refused: Readonly<Record<string, number>>
  /** Milliseconds from the end of the outage to the first answer. */
  readonly recoveredMs: number
  /** Milliseconds from the end of the outage to the time that the last refusal said to come back at. */
  readonly announcedMs: number
  /** Requests that failed after the first one had been served again. */
  readonly failedAfterwards: number
}

const CLIENTS = 4
const LASTS_MS = 4_000

/** Requests of one client after the first answer. */
const AFTERWARDS = 20

/** Numbers that no request of the load has. */
const FIRST_NUMBER = 1_000_000_000

/** Lets all keys of a model fail with 503 for some seconds, while clients go on asking, and sees how it comes back. */
export const outageOf = (model: string, clients: SoakClients, script: FaultScript): Effect.Effect<Outage> =>
  Effect.gen(function* () {
    const refused: Record<string, number> = {}
    let number = FIRST_NUMBER
    let recoveredAt: number | undefined
    let announcedAt = 0
    let failedAfterwards = 0
    const client = async (): Promise<void> => {
      let served = 0
      while (served < AFTERWARDS) {
        // oxlint-disable-next-line no-await-in-loop -- a closed loop: the next request waits for the last answer
        const outcome = await clients.ask({ number: number++, model, stream: false, protocol: "openai" })
        if (outcome._tag === "Served") {
          if (performance.now() >= endsAt) {
            recoveredAt ??= performance.now()
            served++
          }
          continue
        }
        const status = outcome._tag === "Refused" ? String(outcome.status) : "broken"
        if (recoveredAt !== undefined) failedAfterwards++
        refused[status] = (refused[status] ?? 0) + 1
        const retryAfterMs = outcome._tag === "Refused" ? (outcome.retryAfterMs ?? 0) : 0
        announcedAt = Math.max(announcedAt, performance.now() + retryAfterMs)
        // oxlint-disable-next-line no-await-in-loop -- as above
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    const startedAt = performance.now()
    const endsAt = startedAt + LASTS_MS
    script.setMode(model, "down")
    setTimeout(() => script.setMode(model, "well"), LASTS_MS)
    yield* Effect.promise(() => Promise.all(Array.from({ length: CLIENTS }, client)))
    return {
      lastedMs: LASTS_MS,
      refused,
      recoveredMs: Math.round((recoveredAt ?? Infinity) - endsAt),
      announcedMs: Math.round(announcedAt - endsAt),
      failedAfterwards
    }
  })
