import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"

import { clients } from "../clients.ts"
import { Gateway, type GatewayTests, rawPlayer } from "../gateway.ts"
import { answerRows } from "../protocol-table/answer-rows.ts"
import { askRaw } from "../protocol-table/ask-raw.ts"
import { at } from "../protocol-table/at.ts"

/** What answers say: the third table of each client in docs/protocols.md. */
export const answerRowsSuite = (it: GatewayTests): void => {
  describe("what an answer says", () => {
    for (const { arrives, ask, count, feature, from, scenario } of answerRows) {
      for (const client of clients.slice(0, 4)) {
        const arrival = arrives[client.protocol]
        if (arrival === undefined) continue
        for (const provider of from) {
          it.effect(`${feature}: ${provider} to ${client.protocol}, ${arrival.outcome.is}`, () =>
            Effect.gen(function* () {
              const { target } = (yield* Gateway).pair(client, provider, false, rawPlayer(client))
              const { body } = yield* Effect.promise(() =>
                askRaw(client.protocol, target(scenario), ask?.[client.protocol] ?? {}, count)
              )
              const said = at(body, arrival.path)
              if (arrival.value instanceof RegExp) assert.match(String(said), arrival.value)
              else assert.deepStrictEqual(said, arrival.value)
            })
          )
        }
      }
    }
  })
}
