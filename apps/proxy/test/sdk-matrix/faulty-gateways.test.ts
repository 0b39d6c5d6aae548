import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"

import { checkConversation } from "./checks.ts"
import { clients } from "./clients.ts"
import { TOOL_IMAGE, USER_IMAGE } from "./conversation.ts"
import { MODELS, simulatorKey, startSimulators } from "./endpoints.ts"
import { type Faults, startPassThrough } from "./pass-through.ts"

type Message = { readonly role: string; readonly content: unknown; readonly tool_calls?: ReadonlyArray<object> }

const messages = (alter: (list: ReadonlyArray<Message>) => ReadonlyArray<Message>) => (body: string) => {
  const json = JSON.parse(body) as { readonly messages: ReadonlyArray<Message> }
  return JSON.stringify({ ...json, messages: alter(json.messages) })
}

/** One fault each, of the kinds that gateways have had. */
const FAULTS: ReadonlyArray<readonly [name: string, faults: Faults]> = [
  ["loses the instructions", { request: messages((list) => list.filter(({ role }) => role !== "system")) }],
  [
    "loses images",
    {
      request: messages((list) =>
        list.map((message) =>
          Array.isArray(message.content) ? { ...message, content: message.content.slice(0, 1) } : message
        )
      )
    }
  ],
  ["sends another image", { request: (body) => body.replaceAll(USER_IMAGE, TOOL_IMAGE) }],
  [
    "loses what the model said beside its calls",
    {
      request: messages((list) =>
        list.map((message) => (message.tool_calls === undefined ? message : { ...message, content: null }))
      )
    }
  ],
  [
    "swaps the results of two calls",
    {
      request: messages((list) => {
        const results = list.filter(({ role }) => role === "tool").map(({ content }) => content)
        let next = results.length
        return list.map((message) => (message.role === "tool" ? { ...message, content: results[--next] } : message))
      })
    }
  ],
  ["spoils what is not ASCII", { request: (body) => body.replaceAll("ü", "u") }],
  ["alters arguments", { answer: (body) => body.replaceAll("latitude", "altitude") }],
  ["loses the end of an answer", { answer: (body) => body.replaceAll("föhn", "f") }],
  ["counts cached tokens twice", { answer: (body) => body.replaceAll('"prompt_tokens":200', '"prompt_tokens":240') }],
  ["tells another reason to stop", { answer: (body) => body.replaceAll('"tool_calls"}', '"stop"}') }],
  [
    "numbers calls from 1",
    { answer: (body) => body.replaceAll('"tool_calls":[{"index":1', '"tool_calls":[{"index":2') }
  ],
  ["loses the usage of streams", { answer: (body) => body.replaceAll(/"usage":\{.*?\}\}/g, '"usage":null') }],
  ["cuts the last events", { answer: (body) => body.slice(0, -400) }]
]

/** What does not show in a whole answer. */
const STREAMS_ONLY = new Set(["numbers calls from 1"])

describe("the matrix fails a gateway that", () => {
  const [client] = clients
  if (client === undefined) throw new Error("there are no clients")
  const play = (stream: boolean, faults: Faults) =>
    Effect.gen(function* () {
      const simulator = (yield* startSimulators({})).openai
      const model = MODELS.openai.plain
      const url = yield* startPassThrough("openai", simulator.url, model, stream, faults)
      const target = () => ({ url, apiKey: simulatorKey("openai"), model })
      const pair = { client, provider: "openai", simulator, stream, target, upstreamModel: () => model } as const
      return yield* Effect.exit(Effect.tryPromise(() => checkConversation(pair, false)))
    })

  for (const stream of [false, true]) {
    const how = stream ? ", streaming" : ""
    it.live(`but not one without a fault${how}`, () =>
      Effect.gen(function* () {
        assert.isTrue(Exit.isSuccess(yield* play(stream, {})))
      })
    )
    for (const [name, faults] of FAULTS) {
      if (!stream && STREAMS_ONLY.has(name)) continue
      it.live(`${name}${how}`, () =>
        Effect.gen(function* () {
          assert.isTrue(Exit.isFailure(yield* play(stream, faults)))
        })
      )
    }
  }
})
