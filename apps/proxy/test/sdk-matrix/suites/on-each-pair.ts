import { Effect } from "effect"

import type { Client } from "../client.ts"
import { clients } from "../clients.ts"
import { Gateway, type GatewayTests, providers } from "../gateway.ts"
import type { Pair } from "../pair.ts"

/** A test of one pair, by what the client does in it. */
export type PairTest = (name: string, check: (pair: Pair) => Promise<void>) => void

/** Declares tests for every client with every provider, with whole answers and with streams. */
export const onEachPair = (
  it: GatewayTests,
  declare: (test: PairTest, client: Client, stream: boolean) => void
): void => {
  for (const provider of providers) {
    for (const client of clients) {
      for (const stream of [false, true]) {
        const test: PairTest = (name, check) =>
          it.effect(`${client.name} with ${provider} ${name}${stream ? ", streaming" : ""}`, () =>
            Effect.gen(function* () {
              const gateway = yield* Gateway
              yield* Effect.promise(() => check(gateway.pair(client, provider, stream)))
            })
          )
        declare(test, client, stream)
      }
    }
  }
}
