import { layer } from "@effect/vitest"
import { Effect } from "effect"

import { checkConversation } from "./checks.ts"
import { clients } from "./clients.ts"
import { Gateway, providers } from "./gateway.ts"

layer(Gateway.layer, { excludeTestServices: true })("the gateway carries a conversation of", (it) => {
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
