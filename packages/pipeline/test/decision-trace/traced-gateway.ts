import { Context, Effect, Fiber, Layer } from "effect"
import { randomUUID } from "node:crypto"

import type { RequestTrace } from "../../src/decision-trace/request-trace.ts"
import { Gateway } from "../../src/gateway.ts"
import { layerGatewayWith } from "../../src/gateway-live.ts"
import type { PluginSource } from "../../src/plugin-host/plugin-source.ts"
import type { GatewaySettings } from "../../src/settings.ts"
import { pluginDoubles } from "../plugin-double.ts"
import { recordingSink } from "../recording-sink.ts"

/** What a traced request is, besides its model. */
export interface Asked {
  readonly headers?: Readonly<Record<string, ReadonlyArray<string>>>
  readonly stream?: boolean
}

/** A gateway that is configured, ways to ask it, and what it writes down. */
export const tracedGateway = Effect.fnUntraced(function* (
  settings: GatewaySettings,
  plugins: PluginSource = pluginDoubles()
) {
  const context = yield* Layer.build(layerGatewayWith(plugins))
  const gateway = Context.get(context, Gateway)
  yield* gateway.configure(settings)
  const { insight } = gateway
  if (insight === undefined) throw new Error("the gateway has no insight")

  /** Sends a request; its fiber goes on. */
  const send = (model: string, { headers = {}, stream = false }: Asked = {}) => {
    const json = { model, messages: [{ role: "user", content: "a private question" }], stream }
    const body = Buffer.from(JSON.stringify(json))
    const id = randomUUID()
    const request = { id, path: "/v1/chat/completions", headers, body, json, principal: "key:0123" }
    const sink = recordingSink()
    return Effect.map(Effect.forkChild(gateway.generate(request, sink)), (fiber) => ({ id, fiber, sink }))
  }
  const traceOf = (id: string): Effect.Effect<RequestTrace> =>
    Effect.map(insight.request(id), (found) => {
      if (found === undefined) throw new Error(`there is no trace of ${id}`)
      return found
    })
  /** Sends a request, waits for its end, and gives its trace. */
  const trace = (model = "m", asked?: Asked): Effect.Effect<RequestTrace> =>
    Effect.flatMap(send(model, asked), ({ fiber, id }) => Effect.andThen(Fiber.await(fiber), traceOf(id)))
  return { gateway, insight, send, trace, traceOf }
})
