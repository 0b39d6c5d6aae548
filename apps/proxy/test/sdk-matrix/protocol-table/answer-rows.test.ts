import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"

import { clients } from "../clients.ts"
import { Gateway } from "../gateway.ts"
import { answerRows } from "./answer-rows.ts"
import { askRaw } from "./ask-raw.ts"
import { at } from "./at.ts"

layer(Gateway.layer, { excludeTestServices: true })("what an answer says", (it) => {
  for (const { arrives, count, feature, from, scenario } of answerRows) {
    for (const client of clients.slice(0, 4)) {
      const arrival = arrives[client.protocol]
      if (arrival === undefined) continue
      for (const provider of from) {
        it.effect(`${feature}: ${provider} to ${client.protocol}, ${arrival.outcome.is}`, () =>
          Effect.gen(function* () {
            const { target } = (yield* Gateway).pair(client, provider, false)
            const { body } = yield* Effect.promise(() => askRaw(client.protocol, target(scenario), {}, count))
            const said = at(body, arrival.path)
            if (arrival.value instanceof RegExp) assert.match(String(said), arrival.value)
            else assert.deepStrictEqual(said, arrival.value)
          })
        )
      }
    }
  }
})
