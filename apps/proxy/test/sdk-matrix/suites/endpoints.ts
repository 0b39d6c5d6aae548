import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { OpenAI } from "openai"

import type { JsonObject } from "../../provider-simulators/scenario.ts"
import { errorOf } from "../checks.ts"
import { clients } from "../clients.ts"
import { Gateway, type GatewayTests, providers, rawPlayer } from "../gateway.ts"
import { at } from "../protocol-table/at.ts"

const textIn = (value: unknown): string => (typeof value === "string" ? value : "")

/** Models, keys, embeddings, legacy completions, arrays: what is not a conversation. */
export const endpointsSuite = (it: GatewayTests): void => {
  describe("the gateway", () => {
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
            const asked = () => client.open(target, { stream }).say({ text: "Hi" })
            const error = yield* Effect.promise(() => errorOf(asked()))
            const failure = client.failure(error)
            assert.oneOf(failure?.status, [400, 404])
            assert.include(failure?.message, "no-such-model")
          })
        )
        it.effect(`turns ${client.name} away without its key${stream ? ", streaming" : ""}`, () =>
          Effect.gen(function* () {
            const { pair } = yield* Gateway
            const target = { ...pair(client, "openai", stream).target("model"), apiKey: "wrong" }
            const asked = () => client.open(target, { stream }).say({ text: "Hi" })
            const error = yield* Effect.promise(() => errorOf(asked()))
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

    for (const provider of providers) {
      it.effect(`answers legacy completions with ${provider}`, () =>
        Effect.gen(function* () {
          const { pair, simulators } = yield* Gateway
          const [client] = clients
          if (client === undefined) return assert.fail("no clients")
          const { url, apiKey, model } = pair(client, provider, false).target("model")
          const before = simulators[provider].rejected.length
          const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
          const whole = yield* Effect.promise(() => openai.completions.create({ model, prompt: "Wer bist du?" }))
          assert.include(whole.choices[0]?.text, "You asked: Wer bist du?")
          const streamed = yield* Effect.promise(async () => {
            let text = ""
            const events = await openai.completions.create({ model, prompt: "Wer bist du?", stream: true })
            for await (const event of events) text += event.choices[0]?.text ?? ""
            return text
          })
          assert.strictEqual(streamed, whole.choices[0]?.text)
          assert.lengthOf(simulators[provider].rejected, before)
        })
      )

      it.effect(`streams an array to a Gemini client that does not ask for events, with ${provider}`, () =>
        Effect.gen(function* () {
          const client = clients.find(({ protocol }) => protocol === "gemini")
          if (client === undefined) return assert.fail("no client")
          const { target } = (yield* Gateway).pair(client, provider, true, rawPlayer(client))
          const ask = (scenario: string) =>
            Effect.promise(async () => {
              const { apiKey, model, url } = target(scenario)
              const response = await fetch(`${url}/v1beta/models/${model}:streamGenerateContent`, {
                method: "POST",
                headers: { "x-goog-api-key": apiKey, "content-type": "application/json" },
                body: JSON.stringify({ contents: [{ role: "user", parts: [{ text: "Wer bist du?" }] }] })
              })
              return JSON.parse(await response.text()) as ReadonlyArray<JsonObject>
            })
          const pieces = yield* ask("model")
          const text = pieces.map((piece) => textIn(at(piece, "candidates.0.content.parts.0.text"))).join("")
          assert.include(text, "You asked: Wer bist du?")
          assert.strictEqual(at(pieces.at(-1), "candidates.0.finishReason"), "STOP")
          const broken = yield* ask("error-in-stream")
          assert.isDefined(at(broken[0], "candidates"))
          assert.isTrue(broken.some((piece) => at(piece, "error.status") === "INTERNAL"))
        })
      )
    }
  })
}
