import { describe } from "@effect/vitest"
import { Effect } from "effect"

import { checkConversation } from "../checks.ts"
import { clients } from "../clients.ts"
import { Gateway, type GatewayTests, providers } from "../gateway.ts"

/** The whole conversation, of every client with every provider. */
export const conversationSuite = (it: GatewayTests): void => {
  describe("the gateway carries a conversation of", () => {
    for (const provider of providers) {
      for (const client of clients) {
        for (const stream of [false, true]) {
          for (const reasoning of [false, true]) {
            const how = `${stream ? ", streaming" : ""}${reasoning ? ", with thought" : ""}`
            it.effect(`${client.name} with ${provider}${how}`, () =>
              Effect.gen(function* () {
                const gateway = yield* Gateway
                yield* Effect.promise(() => checkConversation(gateway.pair(client, provider, stream), reasoning))
              })
            )
          }
        }
      }
    }
  })
}
