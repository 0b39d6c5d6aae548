import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { OpenAI } from "openai"

import { clients } from "./clients.ts"
import { Gateway, providers } from "./gateway.ts"

layer(Gateway.layer, { excludeTestServices: true })("the gateway", (it) => {
  for (const client of clients) {
    const { models } = client
    if (models !== undefined) {
      it.effect(`lists its models for ${client.name}`, () =>
        Effect.gen(function* () {
          const gateway = yield* Gateway
          const listed = yield* Effect.promise(() => models(gateway.pair(client, "openai", false).target("model")))
          for (const provider of providers) {
            assert.isTrue(listed.some((id) => id.endsWith(`via-${provider}--model`)))
          }
        })
      )
    }
    for (const stream of [false, true]) {
      it.effect(`tells ${client.name} that there is no such model${stream ? ", streaming" : ""}`, () =>
        Effect.gen(function* () {
          const { pair } = yield* Gateway
          const target = { ...pair(client, "openai", stream).target("model"), model: "no-such-model" }
          const error: unknown = yield* Effect.promise(() =>
            client
              .open(target, { stream })
              .say({ text: "Hi" })
              .then(
                () => undefined,
                (reason: unknown) => reason
              )
          )
          const failure = client.failure(error)
          assert.oneOf(failure?.status, [400, 404])
          assert.include(failure?.message, "no-such-model")
        })
      )
      it.effect(`turns ${client.name} away without its key${stream ? ", streaming" : ""}`, () =>
        Effect.gen(function* () {
          const { pair } = yield* Gateway
          const target = { ...pair(client, "openai", stream).target("model"), apiKey: "wrong" }
          const error: unknown = yield* Effect.promise(() =>
            client
              .open(target, { stream })
              .say({ text: "Hi" })
              .then(
                () => undefined,
                (reason: unknown) => reason
              )
          )
          assert.oneOf(client.failure(error)?.status, [400, 401])
        })
      )
    }
  }

  it.effect("passes embeddings on", () =>
    Effect.gen(function* () {
      const { pair, simulators } = yield* Gateway
      const [client] = clients
      if (client === undefined) return assert.fail("no clients")
      const { url, apiKey, model } = pair(client, "openai", false).target("model")
      const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
      const answer = yield* Effect.promise(() => openai.embeddings.create({ model, input: ["Zürich", "🧀"] }))
      // What the simulator answers, in base64 as the SDK asks for it or as it is.
      assert.lengthOf(answer.data, 2)
      const asked = simulators.openai.accepted.findLast(({ path }) => path === "/v1/embeddings")
      assert.deepInclude(asked?.body, { input: ["Zürich", "🧀"], model: "gpt-4.1-simulated" })
    })
  )
})
