import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, References } from "effect"
import * as fc from "fast-check"
import { randomUUID } from "node:crypto"

import { Gateway } from "../../src/gateway.ts"
import { layerGatewayWith } from "../../src/gateway-live.ts"
import { provider, settings } from "../gateway-settings.ts"
import { pluginDoubles } from "../plugin-double.ts"
import { recordingSink } from "../recording-sink.ts"
import {
  type Behaviour,
  completion,
  eventStream,
  failing,
  hang,
  resetBeforeHeaders,
  startProvider,
  streaming
} from "../scripted-provider.ts"

const REQUESTS = 1_500

/** Of the keys that fail. The one that is well has none: on a busy machine it must not look slow. */
const FIRST_BYTE_MS = 1_000

/** Ways to fail that another key makes good. */
const faults: ReadonlyArray<Behaviour> = [
  failing(401),
  failing(403),
  failing(408),
  failing(429),
  failing(429, "slow", { "retry-after": "1" }),
  failing(429, "slow", { "retry-after-ms": "50" }),
  failing(500),
  failing(503),
  failing(529),
  resetBeforeHeaders,
  streaming([": waiting\n\n"], "reset"),
  streaming([": waiting\n\n"], "end")
]

const served: Behaviour = (response, request) =>
  request.body.includes('"stream":true')
    ? streaming([eventStream(["well"])])(response, request)
    : completion("well")(response, request)

describe("a gateway in front of providers that fail at random", () => {
  it.live(
    "shows its clients no error that a healthy credential could have spared them, and leaves nothing behind",
    () =>
      Effect.gen(function* () {
        const server = yield* startProvider
        const names = ["a", "b", "c", "d", "e", "f"]
        const random = fc.sample(fc.nat(1_000_000), { seed: 11, numRuns: 4 * REQUESTS })
        const next = (below: number): number => (random.pop() ?? 0) % below
        let hangs = 0
        // One key is well, but has room for two requests only; all others fail more often than not.
        for (const name of names) {
          server.script.set(`key-${name}`, [
            (response, request) => {
              if (name === "a" || next(3) === 0) return served(response, request)
              if (next(200) === 0 && hangs++ < 3) return hang(response, request)
              return faults[next(faults.length)]?.(response, request)
            }
          ])
        }
        const well = provider(server.baseUrl, names.slice(0, 1))
        const limited = { ...well, keys: well.keys.map((key) => ({ ...key, maxInFlight: 2 })) }
        const ill = provider(server.baseUrl, names.slice(1), { deadlines: { firstByteMs: FIRST_BYTE_MS } })
        const gateway = Context.get(yield* Layer.build(layerGatewayWith(pluginDoubles())), Gateway)
        const queue = { limit: 1_000, waitMs: 300_000 }
        yield* gateway.configure(settings([limited, ill], { queue, sessionAffinity: { ttlMs: 60_000 } }))

        const clear = (id: string) => gateway.insight?.clear(id) ?? Effect.succeed(false)

        const ask = (i: number) => {
          const json = { model: "m", ...(i % 2 === 0 ? { stream: true } : {}) }
          const headers = i % 3 === 0 ? { "X-Session-Id": [`s${i % 21}`] } : {}
          const request = {
            id: randomUUID(),
            path: "/v1/chat/completions",
            headers,
            body: Buffer.from(JSON.stringify(json)),
            json
          }
          const sink = recordingSink()
          // Now and then an operator ends all rests, so that there is trouble until the end.
          const cleared = i % 20 === 0 ? Effect.forEach(names, (name) => clear(`p/${name}`)) : Effect.void
          const asked = Effect.map(Effect.result(gateway.generate(request, sink)), (result) =>
            result._tag === "Failure" ? [result.failure.message] : sink.text().includes("well") ? [] : ["no answer"]
          )
          return Effect.andThen(cleared, asked)
        }
        const wrong = (yield* Effect.forEach(
          Array.from({ length: REQUESTS }, (_, i) => i),
          ask,
          { concurrency: 40 }
        )).flat()
        assert.deepStrictEqual(wrong, [])
        const reports = yield* gateway.insight?.credentials ?? Effect.succeed([])
        assert.deepStrictEqual(
          reports.map(({ inFlight }) => inFlight),
          names.map(() => 0)
        )
        assert.isAbove(server.received.length, REQUESTS + 100, "there were faults to get over")
      }).pipe(Effect.provideService(References.MinimumLogLevel, "None"))
  )
})
