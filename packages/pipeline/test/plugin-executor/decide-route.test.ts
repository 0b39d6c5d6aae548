import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { makeDecideRoute, type RouteQuestion } from "../../src/plugin-executor/decide-route.ts"
import { makeCallHook } from "../../src/request-life/hook-calls.ts"
import { pluginExecutor } from "../../src/plugin-executor/plugin-executor.ts"
import { base64, refusal, type Scripted, scriptedPlugins } from "./scripted-plugins.ts"

const OPENAI = { executor: true, executor_input_formats: ["openai"], executor_output_formats: ["openai"] }

/** A router that answers so. */
const router = (id: string, answer: unknown, priority = 0, more: object = {}): Scripted => ({
  id,
  priority,
  capabilities: { model_router: true, ...more },
  answers: { "model.route": () => answer }
})

const executor = (id: string, more: object = {}): Scripted => ({ id, capabilities: { ...OPENAI, ...more } })

const to = (TargetKind: string, Target = "", TargetModel = "") => ({ Handled: true, TargetKind, Target, TargetModel })

/** Routes one request for `m` among these plugins; executors are those with a name in `keys`. */
const route = Effect.fnUntraced(function* (
  scripts: ReadonlyArray<Scripted>,
  keys: Record<string, string> = {},
  more: Partial<RouteQuestion> = {}
) {
  const world = scriptedPlugins(...scripts)
  const decideRoute = makeDecideRoute({
    plugins: world.plugins,
    callHook: makeCallHook(world.plugins, world.scopes),
    deadlineMs: 1000
  })
  const json = { model: "m" }
  const decision = yield* decideRoute({
    execution: {
      request: {
        id: "r-1",
        path: "/v1/chat/completions",
        headers: { "X-A": ["1"] },
        query: { beta: ["true"] },
        body: Buffer.from(JSON.stringify(json)),
        json
      },
      sourceFormat: "openai",
      requestedModel: "m",
      stream: true,
      metadata: { requested_model: "m" },
      scope: () => ({})
    },
    availableProviders: ["claude", "codex"],
    executors: new Map(
      Object.entries(keys).map(([id, provider]) => [id, pluginExecutor(world.plugin(id), provider)] as const)
    ),
    conversions: { request: () => false, response: () => false },
    ...more
  })
  const shown =
    decision._tag === "Executor"
      ? `executor ${decision.executor.plugin.id}`
      : decision._tag === "Provider"
        ? `${decision.provider} ${decision.model}`
        : "undecided"
  return { ...world, shown, asked: world.asked("model.route") }
})

/** Where router `r` gets a request to with this answer. */
const routed = (answer: unknown) => Effect.map(route([router("r", answer)]), ({ shown }) => shown)

/** Where a request for executor `x` gets to, beside this plugin. */
const routedTo = (target: Scripted, keys: Record<string, string>) =>
  Effect.map(route([router("r", to("executor", "x")), target], keys), ({ shown }) => shown)

describe("model.route", () => {
  it.effect("asks in priority order until one gives an answer that can be followed (124, 125)", () =>
    Effect.gen(function* () {
      const { asked, shown } = yield* route([
        router("last", to("provider", "claude"), 0),
        router("first", { Handled: false }, 9),
        router("fails", refusal("no"), 8),
        router("lies", to("provider", "nowhere"), 7),
        router("odd", to("Provider", "codex"), 6),
        router("good", to("provider", "codex"), 5)
      ])
      assert.strictEqual(shown, "codex m")
      assert.deepStrictEqual(asked, ["first", "fails", "lies", "odd", "good"])
    })
  )

  it.effect("goes on after a fault of the host, which takes that router out of service (125)", () =>
    Effect.gen(function* () {
      const broken: Scripted = {
        id: "a",
        capabilities: { model_router: true },
        answers: {
          "model.route": () => {
            throw new Error("a mistake of the host")
          }
        }
      }
      const { fused, shown } = yield* route([broken, router("b", to("provider", "codex"))])
      assert.strictEqual(shown, "codex m")
      assert.deepStrictEqual(fused, ["a"])
    })
  )

  it.effect("takes the router itself for self, whatever the target says (126)", () =>
    Effect.gen(function* () {
      const scripts = [router("r", to("self", "other"), 0, OPENAI), executor("other")]
      assert.strictEqual((yield* route(scripts, { r: "lab", other: "lab" })).shown, "executor r")
    })
  )

  it.effect("refuses executors that cannot serve the request (127)", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* routedTo(executor("x"), { x: "lab" }), "executor x")
      assert.strictEqual(yield* routedTo(executor("x"), {}), "undecided", "no provider key")
      assert.strictEqual(yield* routedTo(executor("x", { executor_model_scope: "oauth" }), { x: "lab" }), "undecided")
      assert.strictEqual(yield* routedTo(executor("x", { executor_input_formats: ["lab"] }), { x: "lab" }), "undecided")
      assert.strictEqual(yield* routedTo(executor("x", { executor_output_formats: [] }), { x: "lab" }), "undecided")
      assert.strictEqual(yield* routedTo(executor("y"), { y: "lab" }), "undecided", "unknown plugin")
    })
  )

  it.effect("finds providers in any case, and only those with an enabled credential (128, 129)", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* routed(to("provider", " Codex ", "gpt-5.5")), "codex gpt-5.5")
      assert.strictEqual(yield* routed(to("provider", "codex", " ")), "codex m")
      assert.strictEqual(yield* routed(to("provider", "gemini")), "undecided")
    })
  )

  it.effect("shows each router the request as the client sent it (131, 132)", () =>
    Effect.gen(function* () {
      const { requests, scopes } = yield* route([router("a", { Handled: false }), router("b", { Handled: false })])
      const [first, second] = requests("model.route")
      const shared = {
        SourceFormat: "openai",
        RequestedModel: "m",
        Stream: true,
        Headers: { "X-A": ["1"] },
        Query: { beta: ["true"] },
        Body: base64('{"model":"m"}'),
        Metadata: { requested_model: "m" },
        AvailableProviders: ["claude", "codex"]
      }
      assert.deepInclude(first, { ...shared, PluginID: "a", host_callback_id: "1" })
      assert.deepInclude(second, { ...shared, PluginID: "b", host_callback_id: "2" })
      assert.strictEqual(scopes.size(), 0)
    })
  )

  it.effect("leaves out the plugin that the request comes from", () =>
    Effect.gen(function* () {
      const { asked, shown } = yield* route(
        [router("a", to("provider", "codex"), 1), router("b", to("provider", "claude"))],
        {},
        { skipPlugin: "a" }
      )
      assert.strictEqual(shown, "claude m")
      assert.deepStrictEqual(asked, ["b"])
    })
  )

  it.effect("asks nobody where there is no router", () =>
    Effect.gen(function* () {
      const { calls, shown } = yield* route([executor("x")], { x: "lab" })
      assert.strictEqual(shown, "undecided")
      assert.deepStrictEqual(calls, [])
    })
  )
})
