import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"

import { clients } from "../clients.ts"
import { Gateway, providers } from "../gateway.ts"
import { askRaw } from "./ask-raw.ts"
import { at } from "./at.ts"
import { contentRows } from "./content-rows.ts"
import { controlRows } from "./control-rows.ts"
import { parameterRows } from "./parameter-rows.ts"

/** The one protocol that both sides of a pair speak; requests pass untouched. */
const OWN = { openai: "openai", claude: "claude", gemini: "gemini" } as const

layer(Gateway.layer, { excludeTestServices: true })("what a request says", (it) => {
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
