import { describe } from "@effect/vitest"
import { Effect } from "effect"

import { checkSources, checkSwitches } from "../checks.ts"
import { clients } from "../clients.ts"
import type { ProviderName } from "../endpoints.ts"
import { Gateway, type GatewayTests, providers } from "../gateway.ts"

/** Every provider follows, and is followed by, every other one. */
const ORDERS: ReadonlyArray<ReadonlyArray<ProviderName>> = [
  ["claude", "gemini", "openai"],
  ["gemini", "claude", "openai"],
  ["openai", "claude", "gemini", "openai"]
]

/** A conversation whose turns are of different providers. */
export const switchingSuite = (it: GatewayTests): void => {
  describe("a conversation goes on with another provider", () => {
    for (const order of ORDERS) {
      for (const client of clients) {
        for (const stream of [false, true]) {
          it.effect(`${client.name} from ${order.join(" to ")}${stream ? ", streaming" : ""}`, () =>
            Effect.gen(function* () {
              const gateway = yield* Gateway
              const pairs = order.map((provider) => gateway.pair(client, provider, stream))
              yield* Effect.promise(() => checkSwitches(pairs))
            })
          )
        }
      }
    }
  })

  describe("the sources of an answer", () => {
    for (const first of providers) {
      for (const client of clients) {
        for (const stream of [false, true]) {
          it.effect(`${client.name} with ${first}, and then with the others${stream ? ", streaming" : ""}`, () =>
            Effect.gen(function* () {
              const gateway = yield* Gateway
              const others = providers.filter((provider) => provider !== first)
              const [pair, ...rest] = [first, ...others].map((provider) => gateway.pair(client, provider, stream))
              if (pair !== undefined) yield* Effect.promise(() => checkSources(pair, rest))
            })
          )
        }
      }
    }
  })
}
