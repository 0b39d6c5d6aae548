import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"

import { clients } from "../clients.ts"
import { Gateway, type GatewayTests, providers } from "../gateway.ts"
import { askRaw } from "../protocol-table/ask-raw.ts"
import { at } from "../protocol-table/at.ts"
import { contentRows } from "../protocol-table/content-rows.ts"
import { controlRows } from "../protocol-table/control-rows.ts"
import { parameterRows } from "../protocol-table/parameter-rows.ts"

/** The one protocol that both sides of a pair speak; requests pass untouched. */
const OWN = { openai: "openai", claude: "claude", gemini: "gemini" } as const

/** What requests say: the first two tables of each client in docs/protocols.md. */
export const requestRowsSuite = (it: GatewayTests): void => {
  describe("what a request says", () => {
    for (const { arrives, ask, feature, scenario } of [...contentRows, ...controlRows, ...parameterRows]) {
      for (const client of clients.slice(0, 4)) {
        const fields = ask[client.protocol]
        if (fields === undefined) continue
        for (const provider of providers) {
          const arrival = arrives[provider]
          const own = OWN[provider] === client.protocol
          it.effect(`${feature}: ${client.protocol} to ${provider}, ${own ? "untouched" : arrival.outcome.is}`, () =>
            Effect.gen(function* () {
              const { pair } = yield* Gateway
              const { simulator, target } = pair(client, provider, false)
              const before = simulator.accepted.length
              const answer = yield* Effect.promise(() => askRaw(client.protocol, target(scenario ?? "model"), fields))
              assert.strictEqual(answer.status, 200, JSON.stringify(answer.body))
              const body = simulator.accepted[before]?.body
              assert.isObject(body)
              if (own) for (const [name, value] of Object.entries(fields)) assert.deepStrictEqual(at(body, name), value)
              else assert.deepStrictEqual(at(body, arrival.path), arrival.value)
            })
          )
        }
      }
    }
  })
}
