import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"

import { Gateway } from "../../src/gateway.ts"
import { layerGatewayWith } from "../../src/gateway-live.ts"
import { claudeKey, settings } from "../gateway-settings.ts"
import { pluginDoubles } from "../plugin-double.ts"
import { recordingSink } from "../recording-sink.ts"
import { json, startProvider } from "../scripted-provider.ts"

const message =
  '{"id":"m","type":"message","role":"assistant","model":"up","content":[{"type":"text","text":"hi"}],' +
  '"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}'

/** Objects inside each other. */
const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`

describe("a request that nests", () => {
  const asking = Effect.gen(function* () {
    const server = yield* startProvider
    server.script.set("", [json(200, message)])
    const gateway = Context.get(yield* Layer.build(layerGatewayWith(pluginDoubles())), Gateway)
    yield* gateway.configure(settings([claudeKey(server.baseUrl, "a", { models: [{ name: "up", alias: "m" }] })]))
    const ask = (text: string, protocol: "claude" | "openai-response") => {
      const sink = recordingSink()
      const request = {
        id: randomUUID(),
        path: "/x",
        protocol,
        headers: {},
        body: Buffer.from(text),
        json: JSON.parse(text)
      }
      return Effect.as(gateway.generate(request, sink), sink)
    }
    return { ask, server }
  })

  for (const levels of [1000, 7000, 100_000]) {
    it.live(`${levels} levels deep is the client's fault where it is translated, and nobody's credential rests`, () =>
      Effect.gen(function* () {
        const { ask, server } = yield* asking
        // The answer in this protocol repeats the metadata.
        const deep = `{"model":"m","input":"hi","metadata":${nested(levels)}}`
        assert.deepInclude(yield* Effect.flip(ask(deep, "openai-response")), { _tag: "InvalidRequest", status: 400 })
        assert.lengthOf(server.received, 0)
        assert.strictEqual((yield* ask(`{"model":"m","input":"hi"}`, "openai-response")).status(), 200)
      })
    )
  }

  it.live("as deep as tools do is served, and any that goes on as it is", () =>
    Effect.gen(function* () {
      const { ask } = yield* asking
      const usual = `{"model":"m","input":"hi","metadata":${nested(400)}}`
      assert.strictEqual((yield* ask(usual, "openai-response")).status(), 200)
      const untouched = `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}],"x":${nested(7000)}}`
      assert.strictEqual((yield* ask(untouched, "claude")).status(), 200)
    })
  )
})
