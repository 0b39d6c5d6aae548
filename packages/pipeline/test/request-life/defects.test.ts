import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Layer } from "effect"
import { randomUUID } from "node:crypto"

import { Gateway } from "../../src/gateway.ts"
import { layerGatewayWith } from "../../src/gateway-live.ts"
import { provider, settings } from "../gateway-settings.ts"
import { pluginDoubles } from "../plugin-double.ts"
import { recordingSink } from "../recording-sink.ts"
import { startProvider } from "../scripted-provider.ts"

const body = { model: "m", messages: [{ role: "user", content: "hi" }] }
const bytes = Buffer.from(JSON.stringify(body))

const broken = (): never => {
  throw new Error("a header that cannot be sent")
}

describe("a defect of the gateway", () => {
  it.live("while it passes an answer on neither rests the credential whose answer it was nor tries another", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const gateway = Context.get(yield* Layer.build(layerGatewayWith(pluginDoubles())), Gateway)
      yield* gateway.configure(settings([provider(server.baseUrl, ["a"])], { maxRetryCredentials: 1, requestRetry: 1 }))
      const ask = (sink = recordingSink()) =>
        Effect.as(gateway.generate({ id: randomUUID(), path: "/x", headers: {}, body: bytes, json: body }, sink), sink)
      const exit = yield* Effect.exit(ask({ ...recordingSink(), start: broken }))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause), JSON.stringify(exit))
      assert.lengthOf(server.received, 1)
      assert.strictEqual((yield* ask()).status(), 200)
    })
  )
})
