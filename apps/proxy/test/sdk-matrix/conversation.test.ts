import { layer } from "@effect/vitest"
import { Effect } from "effect"

import { checkConversation } from "./checks.ts"
import { clients } from "./clients.ts"
import { Gateway, providers } from "./gateway.ts"

layer(Gateway.layer, { excludeTestServices: true })("a conversation through the gateway", (it) => {
  for (const provider of providers) {
    for (const client of clients) {
      for (const stream of [false, true]) {
        for (const thinking of [
          "none",
          "adaptive",
          ...(client.protocol === "claude" || provider !== "claude" ? ["budget" as const] : [])
        ] as const) {
          it.effect(
            `${client.name} with ${provider}${stream ? ", streaming" : ""}${thinking === "none" ? "" : `, thinking (${thinking})`}`,
            () =>
              Effect.gen(function* () {
                const gateway = yield* Gateway
                yield* Effect.promise(() => checkConversation(gateway.pair(client, provider, stream), thinking))
              })
          )
        }
      }
    }
  }
})
