import { Context, Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"

import { Gateway } from "../../src/gateway.ts"
import { layerGatewayWith } from "../../src/gateway-live.ts"
import type { GatewayOptions } from "../../src/gateway-options.ts"
import type { GatewaySettings } from "../../src/settings.ts"
import { provider, settings } from "../gateway-settings.ts"
import { file, pluginDoubles, registration, type SeenCall } from "../plugin-double.ts"
import { recordingSink } from "../recording-sink.ts"
import { type ScriptedProvider, startProvider } from "../scripted-provider.ts"

type Answer = (request: Record<string, unknown>) => unknown

/** A plugin as a test describes it. */
export interface Described {
  readonly capabilities: Record<string, unknown>
  readonly schema?: number
  readonly answers: Record<string, Answer>
}

/** What a test does with a gateway that has plugins. */
export interface HookedGateway {
  readonly gateway: Gateway["Service"]
  readonly upstream: ScriptedProvider
  /** Sends a request; `headers` are canonical. */
  readonly ask: (
    json: Record<string, unknown>,
    headers?: Record<string, ReadonlyArray<string>>,
    sink?: ReturnType<typeof recordingSink>
  ) => Effect.Effect<ReturnType<typeof recordingSink>, unknown>
  /** Calls that plugins got, without those of the life cycle. */
  readonly calls: (method?: string, id?: string) => ReadonlyArray<SeenCall>
  readonly configured: GatewaySettings
}

const pathOf = (id: string) => `/plugins/${id}.so`

/** Plugins by ID, the first with the highest priority, in a gateway before one real provider with some keys. */
export const hookedGateway = Effect.fnUntraced(function* (
  plugins: Record<string, Described>,
  keys: ReadonlyArray<string> = ["a"],
  more: Partial<GatewaySettings> = {},
  options?: GatewayOptions
) {
  const ids = Object.keys(plugins)
  const doubles = pluginDoubles(...ids.map((id) => file(id)))
  for (const [id, { answers, capabilities, schema = 3 }] of Object.entries(plugins)) {
    const registered = () => ({ ...registration(id, {}, schema), capabilities })
    doubles.answers.set(pathOf(id), {
      "plugin.register": registered,
      "plugin.reconfigure": registered,
      ...answers
    })
  }
  const upstream = yield* startProvider
  const context = yield* Layer.build(layerGatewayWith(doubles, options))
  const gateway = Context.get(context, Gateway)
  const configs = new Map(
    ids.map((id, index) => [
      id,
      { enabled: true, isolation: "process" as const, priority: -index, version: undefined, yaml: "enabled: true\n" }
    ])
  )
  const configured = settings([provider(upstream.baseUrl, keys)], {
    plugins: { enabled: true, dir: "/plugins", allowNewerSchema: false, configs },
    ...more
  })
  const problems = yield* gateway.configure(configured)
  if (problems.length > 0) return yield* Effect.die(new Error(JSON.stringify(problems)))
  const hooked: HookedGateway = {
    gateway,
    upstream,
    configured,
    ask: (json, headers = {}, sink = recordingSink()) =>
      Effect.suspend(() =>
        gateway.generate(
          { id: randomUUID(), path: "/v1/chat/completions", headers, body: Buffer.from(JSON.stringify(json)), json },
          sink
        )
      ).pipe(Effect.as(sink)),
    calls: (method, id) =>
      doubles.calls.filter(
        (call) =>
          !call.method.startsWith("plugin.") &&
          (method === undefined || call.method === method) &&
          (id === undefined || call.path === pathOf(id))
      )
  }
  return hooked
})

/** Bytes as the ABI writes them. */
export const base64 = (text: string): string => Buffer.from(text).toString("base64")

/** Text of bytes as the ABI writes them; `null` stays. */
export const text = (value: unknown): string | null =>
  typeof value === "string" ? Buffer.from(value, "base64").toString() : null
