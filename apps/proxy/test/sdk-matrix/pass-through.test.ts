import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { checkConversation } from "./checks.ts"
import { clients } from "./clients.ts"
import { MODELS, simulatorKey, startSimulators } from "./endpoints.ts"
import { providers } from "./gateway.ts"
import { startPassThrough } from "./pass-through.ts"

const OWN_PROVIDER = { openai: "openai", "openai-response": "none", claude: "claude", gemini: "gemini" }

/**
 * The matrix is worth something only if a gateway that does not translate fails it. This one puts the provider's own key
 * and path on a request, and sends the bytes on.
 */
describe("a gateway that passes bytes through", () => {
  for (const client of clients) {
    for (const provider of providers.filter((name) => name !== OWN_PROVIDER[client.protocol])) {
      for (const stream of [false, true]) {
        it.live(`fails ${client.name} with ${provider}${stream ? ", streaming" : ""}`, () =>
          Effect.gen(function* () {
            const simulators = yield* startSimulators({})
            const model = MODELS[provider].plain
            const url = yield* startPassThrough(provider, simulators[provider].url, model, stream)
            const played = yield* Effect.promise(() =>
              checkConversation(
                {
                  client,
                  provider,
                  simulator: simulators[provider],
                  stream,
                  target: () => ({ url, apiKey: simulatorKey(provider), model }),
                  upstreamModel: () => model
                },
                false
              ).then(
                () => "passed",
                () => "failed"
              )
            )
            assert.strictEqual(played, "failed")
            // It failed at the provider, not on the way there.
            assert.isAbove(simulators[provider].rejected.length + simulators[provider].accepted.length, 0)
          })
        )
      }
    }
  }
})
