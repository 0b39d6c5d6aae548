import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"

import { fingerprint } from "../../provider-simulators/media.ts"
import { clients } from "../clients.ts"
import { codingAgents, LISTING, SCREENSHOT } from "../coding-agents.ts"
import { Gateway, type GatewayTests, providers } from "../gateway.ts"

/** Requests of coding agents, through every provider. */
export const codingAgentsSuite = (it: GatewayTests): void => {
  describe("the gateway serves", () => {
    for (const agent of codingAgents) {
      const client = clients.find(({ protocol }) => protocol === agent.protocol)
      if (client === undefined) continue
      for (const provider of providers) {
        it.effect(`${agent.name}, with ${provider}`, () =>
          Effect.gen(function* () {
            const { simulator, target } = (yield* Gateway).pair(client, provider, true)
            const { apiKey, model, url } = target("budget")
            const [accepted, rejected] = [simulator.accepted.length, simulator.rejected.length]
            const response = yield* Effect.promise(() =>
              fetch(`${url}${agent.path(model)}`, {
                method: "POST",
                headers: { ...agent.headers(apiKey), "content-type": "application/json" },
                body: JSON.stringify(agent.body(model))
              })
            )
            const text = yield* Effect.promise(() => response.text())
            assert.deepStrictEqual(
              simulator.rejected.slice(rejected).map(({ answer }) => answer),
              []
            )
            assert.strictEqual(response.status, 200, text)
            assert.match(text, agent.lastWord)
            const view = simulator.accepted[accepted]?.view
            assert.include(view?.system, "You are an agent.")
            assert.include(view?.userTexts.join("\n"), "What is in this folder?")
            assert.include(view?.assistantTexts.join(""), "I look.")
            assert.deepStrictEqual(
              view?.calls.slice(0, 2).map(({ arguments: given }) => given),
              [{ command: "ls" }, { command: "screenshot", timeout: 5 }]
            )
            assert.isTrue(view?.results.some((result) => result.text === LISTING))
            assert.deepStrictEqual(view?.images, [fingerprint(SCREENSHOT)])
          })
        )
      }
    }
  })
}
