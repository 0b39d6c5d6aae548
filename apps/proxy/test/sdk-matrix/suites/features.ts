import { describe } from "@effect/vitest"
import { Effect } from "effect"

import { checkAnswerSchema, checkRefusal, checkStops, checkTokenCount, checkToolChoice } from "../checks.ts"
import { clients } from "../clients.ts"
import { Gateway, type GatewayTests, providers } from "../gateway.ts"
import type { Pair } from "../pair.ts"

/** What a client can ask for, beside a conversation. */
export const featuresSuite = (it: GatewayTests): void => {
  describe("what a client asks for", () => {
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

          test("learns why the model stopped", checkStops)
          test("hears a refusal", checkRefusal)
          test("chooses tools", checkToolChoice)
          test("gets JSON by a schema", checkAnswerSchema)
          if (!stream && client.countTokens !== undefined) test("counts tokens", checkTokenCount)
        }
      }
    }
  })
}
