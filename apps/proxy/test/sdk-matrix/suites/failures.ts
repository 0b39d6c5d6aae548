import { describe } from "@effect/vitest"
import { Effect } from "effect"

import { checkAbort, checkCutStream, checkErrorInStream, checkRateLimit, checkRefusedRequest } from "../checks.ts"
import { clients } from "../clients.ts"
import { Gateway, type GatewayTests, providers } from "../gateway.ts"
import type { Pair } from "../pair.ts"

/** What fails, and what is given up, for every client with every provider. */
export const failuresSuite = (it: GatewayTests): void => {
  describe("when something fails", () => {
    for (const provider of providers) {
      for (const client of clients) {
        for (const stream of [false, true]) {
          const test = (name: string, check: (pair: Pair) => Promise<void>) =>
            it.effect(`${client.name} with ${provider} ${name}${stream ? ", streaming" : ""}`, () =>
              Effect.gen(function* () {
                const gateway = yield* Gateway
                yield* Effect.promise(() => check(gateway.pair(client, provider, stream)))
              })
            )

          test("is told of a rate limit", checkRateLimit)
          test("is told of a refused request", checkRefusedRequest)
          test("is told of an error in the middle of an answer", checkErrorInStream)
          test("is told of a cut answer", checkCutStream)
          test("hangs up on the provider", checkAbort)
        }
      }
    }
  })
}
