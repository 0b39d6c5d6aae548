import { Effect } from "effect"

import type { ProviderRecords } from "./faulty-provider.ts"
import { openSoakClients, type SoakOutcome } from "./soak-client.ts"
import { keysOfPool, type SoakPool } from "./soak-pools.ts"

/** Whether every place of every key was free when nothing was under way. */
export interface HeldPlaces {
  /** Requests that one key takes at once. */
  readonly cap: number
  /** How many streams each key held at once. */
  readonly held: Readonly<Record<string, number>>
  /** What became of one request more than there are places, for each model, while all were held. */
  readonly oneMore: Readonly<Record<string, "waited" | "let in">>
  /** Streams that did not end well when they were let go, those that had waited included. */
  readonly broken: number
}

/** Numbers that no other request has. */
const FIRST_NUMBER = 2_000_000_000

/** Milliseconds for the keys to get over what they have been through, and for all places to fill. */
const PATIENCE_MS = 240_000

/**
 * Fills every place of every key with a stream that is held open after its first words. A use of a key that was begun
 * and never given back would be a place that cannot be filled.
 */
export const holdEveryPlace = (
  pools: ReadonlyArray<SoakPool>,
  cap: number,
  origin: string,
  records: ProviderRecords
): Effect.Effect<HeldPlaces> =>
  Effect.promise(async () => {
    const wanted = pools.reduce((sum, pool) => sum + keysOfPool(pool).length * cap, 0)
    const clients = openSoakClients(origin, wanted + pools.length)
    let number = FIRST_NUMBER
    const giveUpAt = performance.now() + PATIENCE_MS
    /** Asks until it is let in. Whoever has no place is refused, and comes again. */
    const hold = async (model: string): Promise<SoakOutcome> => {
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- the next attempt follows the refusal
        const outcome = await clients.ask({ number: number++, model, stream: true, protocol: "openai" })
        if (outcome._tag !== "Refused" || performance.now() > giveUpAt) return outcome
        // oxlint-disable-next-line no-await-in-loop -- as above
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    }
    records.holding = true
    const streams = pools.flatMap((pool) =>
      Array.from({ length: keysOfPool(pool).length * cap }, () => hold(pool.model))
    )
    const heldNow = (): number => [...records.held.values()].reduce((sum, { size }) => sum + size, 0)
    while (heldNow() < wanted && performance.now() < giveUpAt) {
      // oxlint-disable-next-line no-await-in-loop -- looks again and again
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const held = Object.fromEntries(
      pools.flatMap(keysOfPool).map((key) => [key, records.held.get(key)?.size ?? 0] as const)
    )
    const more = pools.map(({ model }) => ({ model, first: number++ }))
    streams.push(
      ...more.map(({ first, model }) => clients.ask({ number: first, model, stream: true, protocol: "openai" }))
    )
    // Time to arrive at a provider, for one that should not.
    await new Promise((resolve) => setTimeout(resolve, 500))
    const oneMore = Object.fromEntries(
      more.map(({ first, model }) => [model, records.attempts.has(first) ? "let in" : "waited"] as const)
    )
    records.holding = false
    for (const streamsOfKey of records.held.values()) for (const release of streamsOfKey) release()
    const outcomes = await Promise.all(streams)
    await clients.close()
    return { cap, held, oneMore, broken: outcomes.filter(({ _tag }) => _tag !== "Served").length }
  })
