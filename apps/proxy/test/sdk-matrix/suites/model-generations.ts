import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"

import type { JsonObject } from "../../provider-simulators/scenario.ts"
import { checkConversation } from "../checks.ts"
import type { ClientProtocol } from "../client.ts"
import { clients } from "../clients.ts"
import { Gateway, type GatewayTests, providers } from "../gateway.ts"
import { askRaw } from "../protocol-table/ask-raw.ts"
import { LOOK } from "../protocol-table/request-row.ts"

/** As many settings as a request of each protocol may have, which no model takes all of. */
const EVERYTHING: Readonly<Record<ClientProtocol, JsonObject>> = {
  openai: {
    ...LOOK.openai,
    reasoning_effort: "minimal",
    max_tokens: 3000,
    temperature: 0.3,
    top_p: 0.9,
    presence_penalty: 0.5,
    seed: 3,
    tool_choice: "required"
  },
  "openai-response": {
    ...LOOK["openai-response"],
    reasoning: { effort: "xhigh", summary: "auto" },
    max_output_tokens: 3000,
    temperature: 0.3,
    top_p: 0.9,
    tool_choice: "required"
  },
  claude: {
    ...LOOK.claude,
    thinking: { type: "adaptive" },
    output_config: { effort: "max" },
    max_tokens: 3000,
    stop_sequences: ["a", "b", "c", "d", "e"],
    tool_choice: { type: "auto", disable_parallel_tool_use: true }
  },
  gemini: {
    ...LOOK.gemini,
    generationConfig: {
      thinkingConfig: { thinkingLevel: "HIGH", includeThoughts: true },
      maxOutputTokens: 3000,
      temperature: 1.7,
      topP: 0.9,
      topK: 40,
      stopSequences: ["a", "b", "c", "d", "e"],
      presencePenalty: 0.5,
      responseMimeType: "application/json"
    },
    toolConfig: { functionCallingConfig: { mode: "ANY" } }
  }
}

/** The end of a history that one provider would go on with and another takes for the last word: a prefilled answer. */
const PREFILLED: Partial<Readonly<Record<ClientProtocol, JsonObject>>> = {
  claude: {
    messages: [
      { role: "user", content: "A word?" },
      { role: "assistant", content: "Here it is:" }
    ]
  },
  openai: {
    messages: [
      { role: "user", content: "A word?" },
      { role: "assistant", content: "Here it is:" }
    ]
  }
}

const OWN = { openai: "openai", claude: "claude", gemini: "gemini" } as const

/** Models of other generations than those of the rest of the matrix. */
export const modelGenerationsSuite = (it: GatewayTests): void => {
  describe("no model is asked for what its generation refuses", () => {
    for (const client of clients.slice(0, 4)) {
      for (const provider of providers.filter((name) => OWN[name] !== client.protocol)) {
        for (const scenario of ["model", "budget", "other"]) {
          for (const [what, fields] of [
            ["every setting", EVERYTHING[client.protocol]],
            ["an answer begun", PREFILLED[client.protocol]]
          ] as const) {
            if (fields === undefined) continue
            it.effect(`${client.protocol} to ${provider} (${scenario}): ${what}`, () =>
              Effect.gen(function* () {
                const { simulator, target, upstreamModel } = (yield* Gateway).pair(client, provider, false)
                const before = simulator.rejected.length
                const { body, status } = yield* Effect.promise(() => askRaw(client.protocol, target(scenario), fields))
                assert.deepStrictEqual(
                  simulator.rejected.slice(before).map(({ answer }) => answer),
                  []
                )
                assert.strictEqual(status, 200, JSON.stringify(body))
                assert.strictEqual(simulator.accepted.at(-1)?.view?.model, upstreamModel(scenario))
              })
            )
          }
        }
      }
    }

    for (const client of clients) {
      // What its own provider's models take is a client's own business.
      for (const provider of providers.filter((name) => OWN[name] !== client.protocol)) {
        for (const stream of [false, true]) {
          it.effect(`${client.name} with ${provider} (other)${stream ? ", streaming" : ""}: a conversation`, () =>
            Effect.gen(function* () {
              const pair = (yield* Gateway).pair(client, provider, stream)
              // OpenAI's own models keep their thoughts to themselves.
              const hidesThought = provider === "openai"
              yield* Effect.promise(() => checkConversation(pair, true, { scenario: "other", hidesThought }))
            })
          )
        }
      }
    }
  })
}
