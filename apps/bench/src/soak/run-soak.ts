import type { GatewaySettings, ProviderSettings, UpstreamDeadlines } from "@cliproxy/pipeline"
import { Effect, type Scope } from "effect"

import type { BenchFailed } from "../bench.ts"
import { startProgram } from "../child-program.ts"
import type { SoakJob, SoakMeasure } from "../programs/soak-gateway.ts"
import { randomNumbers } from "../statistics.ts"
import { makeFaultScript } from "./fault-script.ts"
import { makeRecords, type ProviderRecords, type RunningProvider, startFaultyProvider } from "./faulty-provider.ts"
import { holdEveryPlace, type HeldPlaces } from "./held-places.ts"
import { type Outage, outageOf } from "./outage.ts"
import { openSoakClients, type SoakClients, type SoakOrder } from "./soak-client.ts"
import { keysOfPool, outagePool, soakPools } from "./soak-pools.ts"

/** How much a soak does. */
export interface SoakPlan {
  readonly requests: number
  /** Requests at once. */
  readonly connections: number
  /** Says which key fails when and how. */
  readonly seed: number
  /** Parts of the load, with a look at the memory after each. The first is for warming up. */
  readonly parts: number
}

/** A request that a client should have been served and was not. */
export interface SoakError {
  readonly order: SoakOrder
  readonly status: number
  readonly text: string
  /** What became of it at the providers, attempt by attempt. */
  readonly attempts: ReadonlyArray<string>
}

/** What a key did. */
export interface KeyCounts {
  readonly served: number
  readonly failed: number
}

/** What a soak found. */
export interface SoakReport {
  readonly plan: SoakPlan
  readonly seconds: number
  readonly perSecond: number
  readonly served: number
  /** Streams that a provider cut after they had said something, as their clients saw, too. */
  readonly cutLater: number
  /** Errors that clients saw although a healthy credential existed; the first of them in full. */
  readonly errors: number
  readonly firstErrors: ReadonlyArray<SoakError>
  /** Requests that providers got, over all attempts. */
  readonly attempts: number
  readonly faults: Readonly<Record<string, number>>
  readonly keys: Readonly<Record<string, KeyCounts>>
  /** The gateway's process after each part, with nothing under way. */
  readonly memory: ReadonlyArray<{ readonly requests: number } & SoakMeasure>
  readonly outage: Outage
  readonly places: HeldPlaces
  /** What each key served of the requests that came when all keys were well. */
  readonly calm: Readonly<Record<string, number>>
  /** The gateway's process when its clients had gone and idle connections to providers had been given up. */
  readonly left: SoakMeasure & { readonly providerConnections: number }
}

/** Most requests at once with one key: as many as there are clients, so that one healthy key can serve all of them. */
const capOf = ({ connections }: SoakPlan): number => connections

const allPools = [...soakPools, outagePool]

/** Generous for a busy machine, and short enough to meet hanging providers often. */
const DEADLINES: UpstreamDeadlines = { startMs: 30_000, firstByteMs: 5_000, idleMs: 5_000 }

const settingsOf = (plan: SoakPlan, providers: ReadonlyArray<RunningProvider>): GatewaySettings => ({
  strategy: "round-robin",
  requestRetry: 3,
  maxRetryCredentials: 0,
  maxRetryIntervalMs: 30_000,
  // The proxy's own default.
  queue: { limit: 1_000, waitMs: 30_000 },
  plugins: { enabled: false, dir: "/nonexistent", allowNewerSchema: false, configs: new Map() },
  providers: providers.flatMap(({ origin, provider }): ReadonlyArray<ProviderSettings> => {
    const models = allPools
      .filter((pool) => pool.providers.includes(provider))
      .map(({ model }) => ({ name: model, alias: model }))
    const keys = provider.keys.map((key) => ({ apiKey: key, name: key, maxInFlight: capOf(plan) }))
    const { priority, requestRetry } = provider
    const common = { disabled: false, priority, prefix: undefined, headers: {}, models, requestRetry }
    return provider.protocol === "openai"
      ? [{ ...common, kind: "openai-compatibility", name: provider.name, baseUrl: `${origin}/v1`, keys }]
      : // One key each: that is how this list of the configuration is made.
        keys.map((key) => ({ ...common, kind: "claude-api-key", name: "claude", baseUrl: origin, keys: [key] }))
  })
})

/** What the clients of a run have seen so far. */
interface Tally {
  served: number
  cutLater: number
  errors: number
  readonly firstErrors: Array<SoakError>
}

const MOST_ERRORS_SHOWN = 20

/** Requests of all kinds, in an order that depends on the seed alone. */
const orderOf = (number: number, random: () => number): SoakOrder => {
  const stream = random() < 0.4
  return random() < 0.75
    ? { number, stream, model: "fallback", protocol: "openai" }
    : { number, stream, model: "claude-soak", protocol: random() < 0.5 ? "claude" : "openai" }
}

const settle = async (
  clients: SoakClients,
  order: SoakOrder,
  records: ProviderRecords,
  tally: Tally
): Promise<void> => {
  const outcome = await clients.ask(order)
  const attempts = records.attempts.get(order.number) ?? []
  records.attempts.delete(order.number)
  if (outcome._tag === "Served") {
    tally.served++
  } else if (outcome._tag === "Broken" && records.cutLater.has(order.number)) {
    tally.cutLater++
  } else {
    tally.errors++
    const status = outcome._tag === "Broken" ? 200 : outcome.status
    if (tally.firstErrors.length < MOST_ERRORS_SHOWN) {
      tally.firstErrors.push({ order, status, text: outcome.text, attempts })
    }
  }
  records.cutLater.delete(order.number)
}

/** Requests of each model when all keys are well: as many for each key, whatever tiers there are. */
const CALM_ROUNDS = 20

/** Asks for each model, one request after the other, and counts who served. */
const inTheCalm = async (clients: SoakClients, firstNumber: number): Promise<SoakReport["calm"]> => {
  const served: Record<string, number> = {}
  let number = firstNumber
  for (const pool of allPools) {
    for (let left = keysOfPool(pool).length * CALM_ROUNDS; left > 0; left--) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is what shows whose turn it is
      const outcome = await clients.ask({ number: number++, model: pool.model, stream: false, protocol: "openai" })
      const key = outcome._tag === "Served" ? outcome.key : outcome._tag
      served[key] = (served[key] ?? 0) + 1
    }
  }
  return served
}

/** Waits until the gateway has closed its idle connections, or as long as that may take. */
const untilQuiet = Effect.fnUntraced(function* (
  ask: (job: SoakJob) => Effect.Effect<SoakMeasure, BenchFailed>,
  providers: ReadonlyArray<RunningProvider>
): Effect.fn.Return<SoakReport["left"], BenchFailed> {
  const connections = (): number => providers.reduce((sum, { connections: open }) => sum + open(), 0)
  for (let waited = 0; waited < 40 && connections() > 0; waited++) yield* Effect.sleep("500 millis")
  return { ...(yield* ask({ kind: "measure" })), providerConnections: connections() }
})

/**
 * Runs a soak: providers that fail by a script, a gateway in a process of its own, clients that check every answer. Then
 * an outage of all keys of a model, a look at whether every place of every key is free, and at what is left open.
 */
export const runSoak = Effect.fnUntraced(function* (
  plan: SoakPlan
): Effect.fn.Return<SoakReport, BenchFailed, Scope.Scope> {
  const records = makeRecords()
  const random = randomNumbers(plan.seed)
  const faults = randomNumbers(plan.seed + 1)
  const script = makeFaultScript(allPools, plan.seed, Date.now())
  script.setMode(outagePool.model, "well")
  const providers = yield* Effect.forEach(
    allPools.flatMap((pool) => pool.providers),
    (provider) => startFaultyProvider(provider, script, faults, records)
  )
  const { ask } = yield* startProgram<SoakJob, SoakMeasure>("soak-gateway")
  const { origin } = yield* ask({ kind: "start", settings: settingsOf(plan, providers), deadlines: DEADLINES })
  const clients = openSoakClients(origin, plan.connections)

  const tally: Tally = { served: 0, cutLater: 0, errors: 0, firstErrors: [] }
  const memory: Array<SoakReport["memory"][number]> = []
  let begun = 0
  let busyMs = 0
  for (let part = 1; part <= plan.parts; part++) {
    const end = Math.round((plan.requests * part) / plan.parts)
    const started = performance.now()
    yield* Effect.promise(() =>
      Promise.all(
        Array.from({ length: plan.connections }, async () => {
          while (begun < end) {
            // oxlint-disable-next-line no-await-in-loop -- a closed loop: the next request waits for the last answer
            await settle(clients, orderOf(begun++, random), records, tally)
          }
        })
      )
    )
    busyMs += performance.now() - started
    memory.push({ requests: end, ...(yield* ask({ kind: "measure" })) })
  }
  const served = Object.fromEntries(
    [...new Set([...records.served.keys(), ...records.failed.keys()])]
      .toSorted()
      .map((key) => [key, { served: records.served.get(key) ?? 0, failed: records.failed.get(key) ?? 0 }])
  )
  const attempts = Object.values(served).reduce((sum, counts) => sum + counts.served + counts.failed, 0)
  const faultCounts = Object.fromEntries([...records.faults].toSorted(([a], [b]) => (a < b ? -1 : 1)))

  for (const { model } of soakPools) script.setMode(model, "well")
  const outage = yield* outageOf(outagePool.model, clients, script)
  const places = yield* holdEveryPlace(allPools, capOf(plan), origin, records)
  // Keys that have just recovered come back slowly, for a second.
  yield* Effect.sleep("1500 millis")
  const calm = yield* Effect.promise(() => inTheCalm(clients, begun))
  yield* Effect.promise(() => clients.close())
  const left = yield* untilQuiet(ask, providers)
  return {
    plan,
    seconds: busyMs / 1000,
    perSecond: (plan.requests / busyMs) * 1000,
    ...tally,
    attempts,
    faults: faultCounts,
    keys: served,
    memory,
    outage,
    places,
    calm,
    left
  }
})
