import { NativeBridge } from "@cliproxy/ffi"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

import { Gateway } from "../../src/gateway.ts"
import { layerGateway } from "../../src/gateway-live.ts"
import type { PluginIsolation } from "../../src/settings.ts"
import { provider, settings } from "../gateway-settings.ts"
import { recordingSink } from "../recording-sink.ts"
import { completionBody, eventStream, json, startProvider, streaming } from "../scripted-provider.ts"
import { base64, text } from "./hooked-gateway.ts"

/** A folder with the compiled fixture, removed at the end. */
const pluginFolder = Effect.acquireRelease(
  Effect.sync(() => {
    const dir = mkdtempSync(join(tmpdir(), "cliproxy-hooks-"))
    const header = join(dirname(createRequire(import.meta.url).resolve("@cliproxy/abi/package.json")), "include")
    const source = fileURLToPath(new URL("../fixtures/scripted.c", import.meta.url))
    const library = join(dir, `scripted.${process.platform === "darwin" ? "dylib" : "so"}`)
    const flags = ["-std=c11", "-Wall", "-Wextra", "-fPIC", "-shared", `-I${header}`]
    execFileSync(process.env["CC"] || "cc", [...flags, "-o", library, source], { stdio: "inherit" })
    return dir
  }),
  (dir) => Effect.sync(() => rmSync(dir, { recursive: true, force: true }))
)

/** A gateway with the fixture, and what the fixture was called with. */
const scripted = Effect.fnUntraced(function* (
  isolation: PluginIsolation,
  capabilities: Record<string, unknown>,
  lines: ReadonlyArray<string>,
  more: { readonly schema?: number } = {}
) {
  const dir = yield* pluginFolder
  const calls = join(dir, "calls")
  const registered = {
    schema_version: more.schema ?? 3,
    metadata: { Name: "scripted", Version: "1", Author: "tests", GitHubRepository: "none" },
    capabilities
  }
  const yaml = [`calls ${calls}`, `answer plugin.register ${JSON.stringify(registered)}`, ...lines, ""].join("\n")
  const upstream = yield* startProvider
  const context = yield* Layer.build(layerGateway().pipe(Layer.provide(NativeBridge.layer())))
  const gateway = Context.get(context, Gateway)
  const plugin = { enabled: true, isolation, priority: 0, version: undefined, yaml }
  const plugins = { enabled: true, dir, allowNewerSchema: false, configs: new Map([["scripted", plugin]]) }
  const problems = yield* gateway.configure(settings([provider(upstream.baseUrl, ["a"])], { plugins }))
  assert.deepStrictEqual(problems, [])

  const seen = (): ReadonlyArray<readonly [string, Record<string, unknown>]> =>
    // A line that is being written is no call yet.
    (existsSync(calls) ? readFileSync(calls, "utf8").split("\n").slice(0, -1) : []).map((line) => {
      const blank = line.indexOf(" ")
      return [line.slice(0, blank), JSON.parse(line.slice(blank + 1)) as Record<string, unknown>]
    })
  return {
    gateway,
    upstream,
    ask: (body: Record<string, unknown>) => {
      const sink = recordingSink()
      const request = { id: "r-1", path: "/v1/chat/completions", headers: {}, json: body }
      return Effect.as(gateway.generate({ ...request, body: Buffer.from(JSON.stringify(body)) }, sink), sink)
    },
    /** Requests of this method, once there are so many. */
    requests: Effect.fnUntraced(function* (method: string, count = 1) {
      for (;;) {
        const found = seen().flatMap(([name, request]) => (name === method ? [request] : []))
        if (found.length >= count) return found
        yield* Effect.sleep(5)
      }
    })
  }
})

const answer = (method: string, result: object) => `answer ${method} ${JSON.stringify(result)}`
const hello = { model: "m", messages: [] }
const body = (value: object | string) => base64(typeof value === "string" ? value : JSON.stringify(value))

for (const isolation of ["process", "in-process"] as const) {
  describe(`a native plugin, ${isolation},`, () => {
    it.live("changes a request with request.intercept_before", () =>
      Effect.gen(function* () {
        const { ask, requests, upstream } = yield* scripted(isolation, { request_interceptor: true }, [
          answer("request.intercept_before", { Body: body({ model: "m", x: 1 }), Headers: { "X-Team": ["blue"] } })
        ])
        yield* ask(hello)
        assert.strictEqual(upstream.received[0]?.body, `{"model":"upstream-model","x":1}`)
        assert.strictEqual(upstream.received[0]?.headers["x-team"], "blue")
        const [request] = yield* requests("request.intercept_before")
        assert.strictEqual(text(request?.["Body"]), JSON.stringify(hello))
      })
    )

    it.live("ends a request with request.intercept_after", () =>
      Effect.gen(function* () {
        const { ask, requests, upstream } = yield* scripted(isolation, { request_interceptor: true }, [
          answer("request.intercept_before", {}),
          answer("request.intercept_after", { Terminate: true, StatusCode: 429, ResponseBody: body("later") })
        ])
        const sink = yield* ask(hello)
        assert.deepStrictEqual([sink.status(), sink.text()], [429, "later"])
        assert.strictEqual(upstream.received.length, 0)
        assert.deepInclude((yield* requests("request.intercept_after"))[0], {
          ToFormat: "openai",
          Model: "upstream-model"
        })
      })
    )

    it.live("hears of the end with request.complete", () =>
      Effect.gen(function* () {
        const { ask, requests } = yield* scripted(isolation, { request_lifecycle_plugin: true }, [
          answer("request.complete", {})
        ])
        yield* ask(hello)
        assert.deepInclude((yield* requests("request.complete"))[0], { Outcome: "succeeded", StatusCode: 200 })
      })
    )

    it.live("rewrites bodies with request.normalize, response.normalize_before and response.normalize_after", () =>
      Effect.gen(function* () {
        const flags = { request_normalizer: true, response_before_translator: true, response_after_translator: true }
        const { ask, requests, upstream } = yield* scripted(isolation, flags, [
          answer("request.normalize", { Body: body({ model: "normalised" }) }),
          answer("response.normalize_before", { Body: body({ before: 1 }) }),
          answer("response.normalize_after", { Body: body({ after: 1 }) })
        ])
        const sink = yield* ask(hello)
        assert.strictEqual(upstream.received[0]?.body, `{"model":"normalised"}`)
        assert.strictEqual(sink.text(), `{"after":1}`)
        assert.strictEqual(text((yield* requests("response.normalize_after"))[0]?.["Body"]), `{"before":1}`)
      })
    )

    it.live("changes an answer with response.intercept_after", () =>
      Effect.gen(function* () {
        const { ask, requests } = yield* scripted(isolation, { response_interceptor: true }, [
          answer("response.intercept_after", { Body: body({ changed: 1 }), Headers: { "X-Lab": ["1"] } })
        ])
        const sink = yield* ask(hello)
        assert.strictEqual(sink.text(), `{"changed":1}`)
        assert.strictEqual(sink.headers()?.["X-Lab"], "1")
        assert.strictEqual(
          text((yield* requests("response.intercept_after"))[0]?.["Body"]),
          completionBody("served by a")
        )
      })
    )

    it.live("changes a stream with response.intercept_stream_chunk", () =>
      Effect.gen(function* () {
        const { ask, requests, upstream } = yield* scripted(isolation, { response_stream_interceptor: true }, [
          answer("response.intercept_stream_chunk", { Body: body({ changed: 1 }), Headers: { "X-Lab": ["1"] } })
        ])
        upstream.script.set("key-a", [streaming([eventStream(["a", "b"])])])
        const sink = yield* ask({ ...hello, stream: true })
        assert.strictEqual(sink.text(), `${`data: {"changed":1}\n\n`.repeat(3)}data: [DONE]\n\n`)
        assert.strictEqual(sink.headers()?.["X-Lab"], "1")
        const chunks = yield* requests("response.intercept_stream_chunk", 4)
        assert.deepStrictEqual(
          chunks.map(({ ChunkIndex }) => ChunkIndex),
          [-1, 0, 1, 2]
        )
      })
    )

    it.live("hears what was used with usage.handle", () =>
      Effect.gen(function* () {
        const { ask, requests, upstream } = yield* scripted(isolation, { usage_plugin: true }, [
          answer("usage.handle", {})
        ])
        upstream.script.set("key-a", [json(200, `{"usage":{"prompt_tokens":1,"completion_tokens":2}}`)])
        yield* ask(hello)
        assert.deepInclude((yield* requests("usage.handle"))[0]?.["Detail"], { InputTokens: 1, TotalTokens: 3 })
      })
    )

    it.live("translates both ways and writes a thinking setting for an executor of its own format", () =>
      Effect.gen(function* () {
        const flags = {
          executor: true,
          executor_input_formats: ["lab"],
          executor_output_formats: ["lab"],
          model_registrar: true,
          request_translator: true,
          response_translator: true,
          thinking_applier: true
        }
        const { ask, requests } = yield* scripted(isolation, flags, [
          answer("executor.identifier", { identifier: "lab" }),
          answer("thinking.identifier", { identifier: "lab" }),
          answer("model.register", { Provider: "lab", Models: [{ ID: "lab-large", ContextLength: 5 }] }),
          answer("request.translate", { Body: body("translated") }),
          answer("thinking.apply", { Body: body("with thinking") }),
          answer("executor.execute", { Payload: body("native answer") }),
          answer("response.translate", { Body: body(completionBody("lab")) })
        ])
        const sink = yield* ask({ model: "lab-large(high)", messages: [] })
        assert.strictEqual(sink.text(), completionBody("lab"))
        assert.deepInclude((yield* requests("request.translate"))[0], {
          FromFormat: "openai",
          ToFormat: "lab",
          Body: body({ model: "lab-large", messages: [] })
        })
        const [thinking] = yield* requests("thinking.apply")
        assert.deepInclude(thinking, { Config: { Mode: "level", Budget: 0, Level: "high" }, Body: body("translated") })
        assert.deepInclude(thinking?.["Model"], { ID: "lab-large", ContextLength: 5 })
        assert.deepInclude((yield* requests("executor.execute"))[0], {
          Payload: body("with thinking"),
          SourceFormat: "lab",
          Format: "lab"
        })
        assert.strictEqual(text((yield* requests("response.translate"))[0]?.["Body"]), "native answer")
      })
    )
  })
}

describe("a native plugin that crashes", () => {
  it.live("in an interceptor of its own process costs no request: this one and the next go on without it", () =>
    Effect.gen(function* () {
      const { ask, upstream } = yield* scripted("process", { request_interceptor: true, scheduler: true }, [
        answer("request.intercept_before", {}),
        "crash request.intercept_after",
        "crash scheduler.pick"
      ])
      for (let i = 0; i < 5; i++) assert.strictEqual((yield* ask(hello)).text(), completionBody("served by a"))
      assert.strictEqual(upstream.received.length, 5)
    })
  )
})
