import { Effect } from "effect"

import { type Bench, type BenchFailed, type Mark } from "./bench.ts"
import type { ClientProtocol } from "./client-requests.ts"
import { compareWithFirst, runRounds, samplesOf, type Variant } from "./paired-rounds.ts"
import { direct, type Load, type LoadPlan, startLoad, startUpstream } from "./proxy-contenders.ts"
import { startProxy } from "./proxy-process.ts"
import { median } from "./statistics.ts"

const largeBytes = 2_000_000

const clients: ReadonlyArray<ClientProtocol> = ["openai", "openai-response", "claude", "gemini"]

/** Models of the proxy by the protocol of the provider that has them. */
const models = { openai: "burst", claude: "claude-burst", gemini: "gemini-burst" } as const

/** When the first byte of the answer comes, one request at a time, and how much later than with a small request. */
const firstByte = (load: Load, origin: string, plan: LoadPlan) =>
  Effect.gen(function* () {
    const small = yield* load.ask({ origin, ...plan, runMs: plan.runMs / 4 })
    const large = yield* load.ask({ origin, ...plan, bodyBytes: largeBytes })
    const firstP50Micros = large.sample.firstP50Micros ?? Number.NaN
    return { firstP50Micros, delayMicros: firstP50Micros - (small.sample.firstP50Micros ?? Number.NaN) }
  })

/** What a large prompt costs the one who waits for its answer, for every pair of protocols. */
export const proxyLargeBench: Bench = {
  name: "proxy-large",
  about: "how much later the first byte of a stream comes when the request has 2 MB, for every pair of protocols",
  run: Effect.fnUntraced(function* ({ maxOperations, rounds, runMs }) {
    const upstream = yield* startUpstream
    const load = yield* startLoad
    const { origin } = yield* startProxy(upstream.origin, "none")
    const plan = { kind: "burst", connections: 1, runMs: runMs / 2, maxRequests: maxOperations } as const
    const pairs = clients.flatMap((client) =>
      Object.entries(models).map(([provider, model]) => ({ client, provider, model, name: `${client} to ${provider}` }))
    )
    const variants: ReadonlyArray<Variant<BenchFailed>> = [
      { name: direct, run: firstByte(load, upstream.origin, { ...plan, client: "openai", model: "burst" }) },
      ...pairs.map(({ client, model, name }) => ({ name, run: firstByte(load, origin, { ...plan, client, model }) }))
    ]
    for (const { run } of variants) yield* run
    const measured = yield* runRounds(variants, rounds)
    const delays = (name: string) => samplesOf(measured, name).map(({ delayMicros }) => delayMicros ?? Number.NaN)
    const marks = pairs.map(({ name }): Mark => ({
      name: `delay of the first byte by a request of 2 MB, ${name}`,
      atMost: 20,
      measured: median(delays(name)) / 1000,
      unit: " ms"
    }))
    // A ratio of two delays says nothing where the upstream's own is next to none.
    const comparisons = compareWithFirst("a request of 2 MB, 1 connection", measured).map(({ measures, ...rest }) => {
      const { delayMicros: _, ...shown } = measures
      return { ...rest, measures: shown }
    })
    return { comparisons, marks }
  })
}
