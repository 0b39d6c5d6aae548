import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"

import { ask, chat, startProxy, temporaryFolder, textOf, until } from "../run-proxy.ts"
import { named, scriptedPlugin } from "../scripted-plugin.ts"
import { chunk, complete, configFor, startUpstream } from "./upstream.ts"

/** How the provider's streams end. */
const END = `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`

/** What each plugin of the test can do. They run in this order. */
const capabilities = {
  interceptor: { request_interceptor: true },
  rewriter: { request_normalizer: true, response_before_translator: true, response_after_translator: true },
  answers: { response_interceptor: true, response_stream_interceptor: true },
  listener: { request_lifecycle_plugin: true, usage_plugin: true }
}

/** A proxy before a provider that answers in one piece or as a stream, with the plugins of the test. */
const proxyWithHooks = Effect.fnUntraced(function* (isolation: string) {
  const cwd = yield* temporaryFolder
  const folder = join(cwd, "plugins")
  mkdirSync(folder)
  const plugins = new Map(Object.entries(capabilities).map(([id, flags]) => [id, scriptedPlugin(folder, id, flags, 3)]))
  const upstream = yield* startUpstream(({ body }, response) => {
    if (!(JSON.parse(body) as { stream?: boolean }).stream) return complete(response, "hello")
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.end(`${chunk("one")}${chunk("two")}${END}`)
  })
  const configs = [...plugins.keys()]
    .map((id, index) => `    ${id}: {enabled: true, priority: ${9 - index}}\n`)
    .join("")
  const section = `remote-management: {secret-key: ${key}}\nplugins:\n  enabled: true\n  isolation: ${isolation}\n  dir: plugins\n  configs:\n${configs}`
  writeFileSync(join(cwd, "c.yaml"), configFor(upstream.url, ["a"], section))
  const plugin = named(plugins)
  plugin("interceptor").answer("request.intercept_before", {})
  plugin("interceptor").answer("request.intercept_after", {})
  for (const method of ["request.normalize", "response.normalize_before", "response.normalize_after"]) {
    plugin("rewriter").answer(method, {})
  }
  plugin("answers").answer("response.intercept_after", {})
  plugin("answers").answer("response.intercept_stream_chunk", {})
  plugin("listener").answer("request.complete", {})
  plugin("listener").answer("usage.handle", {})
  const proxy = yield* startProxy(["--config", "c.yaml"], { cwd })
  return { plugin, proxy, upstream }
})

/** For the management API. */
const key = "operators-only"

const base64 = (text: string) => Buffer.from(text).toString("base64")
const decoded = (bytes: unknown) => Buffer.from(String(bytes), "base64").toString()

for (const isolation of ["process", "in-process"]) {
  describe(`plugins in the life of a request, ${isolation}`, () => {
    it.live("see a whole answer on its way and change nothing that they do not want to", () =>
      Effect.gen(function* () {
        const { plugin, proxy, upstream } = yield* proxyWithHooks(isolation)
        const response = yield* chat(proxy)
        assert.strictEqual(response.status, 200)
        const text = yield* textOf(response)
        assert.include(text, `"content":"hello"`)
        assert.strictEqual(response.headers.get("content-length"), String(text.length))
        assert.include(upstream.seen[0]?.body, `"model":"m"`)

        const before = plugin("interceptor").lastRequest("request.intercept_before")
        assert.strictEqual(before["RequestID"], response.headers.get("x-request-id"))
        assert.deepInclude(before["Metadata"], { request_path: "/v1/chat/completions", requested_model: "demo" })
        assert.deepInclude(plugin("interceptor").lastRequest("request.intercept_after"), { Model: "m" })
        assert.strictEqual(decoded(plugin("rewriter").lastRequest("response.normalize_after")["Body"]), text)
        assert.strictEqual(decoded(plugin("answers").lastRequest("response.intercept_after")["Body"]), text)
        yield* until(
          () =>
            plugin("listener")
              .calls()
              .filter(({ method }) => !method.startsWith("plugin.")).length === 2
        )
        assert.deepInclude(plugin("listener").lastRequest("request.complete"), {
          RequestID: before["RequestID"],
          Outcome: "succeeded",
          StatusCode: 200
        })
        const usage = plugin("listener").lastRequest("usage.handle")
        assert.deepInclude(usage["Detail"], { InputTokens: 1, OutputTokens: 1, TotalTokens: 2 })
        assert.deepInclude(usage, { Provider: "double", AuthID: "double/a", Failed: false })
      })
    )

    it.live("change requests, answers and headers", () =>
      Effect.gen(function* () {
        const { plugin, proxy, upstream } = yield* proxyWithHooks(isolation)
        plugin("interceptor").answer("request.intercept_before", {
          Body: base64(`{"model":"demo","messages":[],"user":"intercepted"}`),
          Headers: { "X-Team": ["blue"] }
        })
        plugin("answers").answer("response.intercept_after", {
          Body: base64(`{"changed":true}`),
          Headers: { "X-Lab": ["1"], "Set-Cookie": ["a=b"], "Content-Length": ["999"] }
        })
        const response = yield* chat(proxy)
        assert.strictEqual(yield* textOf(response), `{"changed":true}`)
        assert.strictEqual(response.headers.get("x-lab"), "1")
        assert.strictEqual(response.headers.get("set-cookie"), null)
        assert.strictEqual(upstream.seen[0]?.body, `{"model":"m","messages":[],"user":"intercepted"}`)
        assert.strictEqual(upstream.seen[0]?.headers["x-team"], "blue")
        plugin("rewriter").answer("request.normalize", { Body: base64(`{"model":"m","stream":false,"n":1}`) })
        yield* ask(proxy)
        assert.strictEqual(upstream.seen[1]?.body, `{"model":"m","stream":false,"n":1}`)
      })
    )

    it.live("end a request with an answer of their own", () =>
      Effect.gen(function* () {
        const { plugin, proxy, upstream } = yield* proxyWithHooks(isolation)
        plugin("interceptor").answer("request.intercept_before", {
          Terminate: true,
          StatusCode: 429,
          ResponseHeaders: { "Retry-After": ["3"], "Content-Type": ["text/plain"] },
          ResponseBody: base64("too many")
        })
        const response = yield* chat(proxy, { stream: true })
        assert.strictEqual(response.status, 429)
        assert.strictEqual(response.headers.get("retry-after"), "3")
        assert.strictEqual(response.headers.get("content-type"), "text/plain")
        assert.strictEqual(yield* textOf(response), "too many")
        assert.strictEqual(upstream.seen.length, 0)
        yield* until(() => plugin("listener").calls("request.complete").length === 1)
        assert.deepInclude(plugin("listener").lastRequest("request.complete"), { Outcome: "rejected", StatusCode: 429 })
      })
    )

    it.live("see and change the chunks of a stream", () =>
      Effect.gen(function* () {
        const { plugin, proxy } = yield* proxyWithHooks(isolation)
        plugin("answers").answer("response.intercept_stream_chunk", {
          Body: base64(`{"choices":[]}`),
          Headers: { "X-Lab": ["1"] }
        })
        const response = yield* chat(proxy, { stream: true })
        assert.strictEqual(response.headers.get("x-lab"), "1")
        assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/)
        assert.strictEqual(yield* textOf(response), `${`data: {"choices":[]}\n\n`.repeat(3)}data: [DONE]\n\n`)
        const calls = plugin("answers").calls("response.intercept_stream_chunk")
        assert.deepStrictEqual(
          calls.map(({ request }) => [request["ChunkIndex"], request["OriginalRequest"] === null]),
          [
            [-1, false],
            [0, true],
            [1, true],
            [2, true]
          ]
        )
        assert.strictEqual(`data: ${decoded(calls[1]?.request["Body"])}\n\n`, chunk("one"))
      })
    )
  })
}

describe("plugins that crash in the life of a request", () => {
  it.live("cost no request: each of them goes on without the plugin, which is back before long", () =>
    Effect.gen(function* () {
      const { plugin, proxy } = yield* proxyWithHooks("process")
      plugin("interceptor").crash("request.intercept_before")
      plugin("answers").crash("response.intercept_after")
      plugin("listener").crash("request.complete")
      // Fewer than the crashes in a row after which a plugin stays off.
      for (let i = 0; i < 4; i++) assert.strictEqual((yield* ask(proxy))[0], 200)
      plugin("interceptor").recover("request.intercept_before")
      const before = plugin("interceptor").calls("request.intercept_after").length
      while (plugin("interceptor").calls("request.intercept_after").length === before) {
        assert.strictEqual((yield* ask(proxy))[0], 200)
        yield* Effect.sleep("20 millis")
      }
    })
  )

  it.live("cost no request when their processes are killed under load: answers and streams arrive whole", () =>
    Effect.gen(function* () {
      const { proxy } = yield* proxyWithHooks("process")
      const pids = async (): Promise<ReadonlyArray<number>> => {
        const headers = { "x-management-key": key }
        const response = await fetch(`${proxy.url}/v0/management/plugins`, { headers })
        const { plugins } = (await response.json()) as { readonly plugins: ReadonlyArray<{ readonly pid: unknown }> }
        return plugins.flatMap(({ pid }) => (typeof pid === "number" ? [pid] : []))
      }
      const killed = new Set<number>()
      let killing = true
      const killer = yield* Effect.forkChild(
        Effect.promise(async () => {
          while (killing) {
            for (const victim of await pids()) {
              if (killed.has(victim)) continue
              process.kill(victim, "SIGKILL")
              killed.add(victim)
            }
            await sleep(50)
          }
        })
      )
      const one = (stream: boolean) =>
        Effect.map(ask(proxy, { stream }), ([status, text]) => {
          const whole = stream ? `${chunk("one")}${chunk("two")}${END}` : `"content":"hello"`
          return status === 200 && text.includes(whole) ? "whole" : `${status} ${text}`
        })
      const answers = new Set<string>()
      for (let round = 0; killed.size < 8 && round < 200; round++) {
        const batch = Effect.forEach(Array.from({ length: 100 }), (_, index) => one(index % 2 === 0), {
          concurrency: 10
        })
        for (const answer of yield* batch) answers.add(answer)
      }
      killing = false
      yield* Fiber.join(killer)
      assert.deepStrictEqual(answers, new Set(["whole"]))
      assert.isAtLeast(killed.size, 8)
    })
  )
})
