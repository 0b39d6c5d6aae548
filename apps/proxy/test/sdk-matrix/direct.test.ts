import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import {
  checkAbort,
  checkAnswerSchema,
  checkConversation,
  checkErrorInStream,
  checkRateLimit,
  checkRefusal,
  checkRefusedRequest,
  checkStops,
  checkTokenCount,
  checkToolChoice
} from "./checks.ts"
import type { Client } from "./client.ts"
import { clients } from "./clients.ts"
import { MODELS, playerName, type ProviderName, simulatorKey, startSimulators, upstreamModel } from "./endpoints.ts"
import type { Pair } from "./pair.ts"
import { scenarios } from "./scenarios.ts"

/** No simulator speaks the Responses API: its clients have nobody to talk to without a gateway. */
const OWN_PROVIDER = { openai: "openai", "openai-response": undefined, claude: "claude", gemini: "gemini" } as const

const onPair = (client: Client, provider: ProviderName, stream: boolean, check: (pair: Pair) => Promise<void>) =>
  Effect.gen(function* () {
    const simulator = (yield* startSimulators(scenarios))[provider]
    const modelOf = (scenario: string) => upstreamModel(provider, scenario, playerName(client.name, stream))
    const target = (scenario: string) => ({
      url: simulator.url,
      apiKey: simulatorKey(provider),
      model: modelOf(scenario)
    })
    yield* Effect.promise(() => check({ client, provider, simulator, stream, target, upstreamModel: modelOf }))
  })

for (const client of clients) {
  const provider = OWN_PROVIDER[client.protocol]
  if (provider === undefined) continue
  describe(`${client.name} without a gateway`, () => {
    for (const stream of [false, true]) {
      const test = (name: string, check: (pair: Pair) => Promise<void>) =>
        it.live(`${name}${stream ? ", streaming" : ""}`, () => onPair(client, provider, stream, check))

      test("plays the conversation", (pair) => checkConversation(pair, false))
      test("plays the conversation with thought", (pair) => checkConversation(pair, true))
      test("reports a rate limit", checkRateLimit)
      test("reports a refused request", checkRefusedRequest)
      test("reports an error in the middle of an answer", checkErrorInStream)
      test("hangs up on the provider", checkAbort)
      test("tells why the model stopped", checkStops)
      test("tells a refusal", checkRefusal)
      test("lets tools be chosen", checkToolChoice)
      test("gets JSON by a schema", checkAnswerSchema)
    }
    if (client.countTokens !== undefined) {
      it.live("counts tokens", () => onPair(client, provider, false, checkTokenCount))
    }
    const { models } = client
    if (models === undefined) return
    it.live("lists the models", () =>
      onPair(client, provider, false, async ({ target }) => {
        const listed = await models(target("model"))
        assert.isTrue(listed.some((id) => id.endsWith(MODELS[provider].plain)))
      })
    )
  })
}
