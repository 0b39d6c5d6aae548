import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"

import { Gateway } from "../../src/gateway.ts"
import { layerGatewayWith } from "../../src/gateway-live.ts"
import type { GatewaySettings } from "../../src/settings.ts"
import { provider, settings } from "../gateway-settings.ts"
import { pluginDoubles } from "../plugin-double.ts"
import { recordingSink } from "../recording-sink.ts"
import { failing, startProvider } from "../scripted-provider.ts"

const start = Effect.fnUntraced(function* (more: Partial<GatewaySettings>) {
  const server = yield* startProvider
  const gateway = Context.get(yield* Layer.build(layerGatewayWith(pluginDoubles())), Gateway)
  const configured = settings([provider(server.baseUrl, ["a", "b", "c"])], more)
  yield* gateway.configure(configured)
  /** Asks in a session, and says which key served. */
  const ask = (session: string) => {
    const json = { model: "m" }
    const headers = { "X-Session-Id": [session] }
    const request = {
      id: randomUUID(),
      path: "/v1/chat/completions",
      headers,
      body: Buffer.from(JSON.stringify(json)),
      json
    }
    return Effect.map(gateway.generate(request, recordingSink()), () => server.received.at(-1)?.key.slice(-1))
  }
  return { server, gateway, configured, ask }
})

const sessionAffinity = { ttlMs: 60_000 }

describe("session affinity", () => {
  it.live("keeps a session at the credential that served it, while the others go round", () =>
    Effect.gen(function* () {
      const { ask } = yield* start({ sessionAffinity })
      assert.strictEqual(yield* ask("s"), "a")
      assert.strictEqual(yield* ask("t"), "b")
      for (let i = 0; i < 5; i++) {
        assert.strictEqual(yield* ask("s"), "a")
        assert.strictEqual(yield* ask("t"), "b")
      }
      assert.strictEqual(yield* ask("u"), "c")
    })
  )

  it.live("is a preference: a session goes on elsewhere when its credential fails, and stays there", () =>
    Effect.gen(function* () {
      const { ask, server } = yield* start({ sessionAffinity })
      assert.strictEqual(yield* ask("s"), "a")
      server.script.set("key-a", [failing(429)])
      assert.strictEqual(yield* ask("s"), "b")
      server.script.delete("key-a")
      assert.strictEqual(yield* ask("s"), "b")
    })
  )

  it.live("keeps a session where it is when the failure was the request's own", () =>
    Effect.gen(function* () {
      const { ask, server } = yield* start({ sessionAffinity })
      assert.strictEqual(yield* ask("s"), "a")
      server.script.set("key-a", [failing(400)])
      yield* Effect.flip(ask("s"))
      server.script.delete("key-a")
      assert.strictEqual(yield* ask("s"), "a")
    })
  )

  it.live("is off unless it is asked for, and a reload that leaves it on forgets nothing", () =>
    Effect.gen(function* () {
      const { ask, configured, gateway } = yield* start({})
      assert.deepStrictEqual([yield* ask("s"), yield* ask("s")], ["a", "b"])
      yield* gateway.configure({ ...configured, sessionAffinity })
      assert.deepStrictEqual([yield* ask("s"), yield* ask("s")], ["c", "c"])
      yield* gateway.configure({ ...configured, sessionAffinity: { ttlMs: 90_000 } })
      assert.deepStrictEqual([yield* ask("s"), yield* ask("s")], ["c", "c"])
    })
  )
})
