import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { assertMatches } from "./assert-matches.ts"
import { base64, example, fromBase64, openExample, skipReason } from "./open-example.ts"

const open = (capability: string, settings = "", http: unknown = {}) =>
  openExample(example(capability, "go"), settings, http)

const says = (content: string) => ({ messages: [{ role: "user", content }] })

/** What an OpenAI stream chunk says. */
const choice = (delta: unknown, finish_reason: string | null = null) => ({ choices: [{ delta, finish_reason }] })

describe(`the examples in Go${skipReason(example("usage", "go"))}`, () => {
  it.live("model-registrar gives the models of its settings, and follows a change", () =>
    Effect.gen(function* () {
      const plugin = yield* open("model-registrar", "provider: lab\nmodels: one, two")
      assertMatches(yield* plugin.call("model.register", {}), {
        Provider: "lab",
        Models: [{ ID: "one" }, { ID: "two" }]
      })
      yield* plugin.configure("models: 'three'")
      assertMatches(yield* plugin.call("model.register", {}), { Provider: "demo", Models: [{ ID: "three" }] })
    })
  )

  it.live("model-provider answers whole, inline and through the host, and sends requests with the credential", () =>
    Effect.gen(function* () {
      const plugin = yield* open("model-provider", "greeting: 'Echo: '", { StatusCode: 204 })
      const request = { Model: "echo-small", Payload: base64(says("good day")), StorageJSON: null }
      const whole = yield* plugin.call("executor.execute", request)
      assertMatches(fromBase64((whole as { Payload: string }).Payload), {
        choices: [{ message: { content: "Echo: good day" } }]
      })
      const inline = (yield* plugin.call("executor.execute_stream", { ...request, stream_id: "7" })) as {
        chunks: ReadonlyArray<{ Payload: string }>
      }
      const deltas = inline.chunks.map(
        ({ Payload }) => fromBase64(Payload) as { choices: [{ delta: { content?: string } }] }
      )
      assert.strictEqual(deltas.map(({ choices }) => choices[0].delta.content ?? "").join(""), "Echo: good day")

      yield* plugin.configure("stream: host")
      assert.notProperty(yield* plugin.call("executor.execute_stream", { ...request, stream_id: "8" }), "chunks")
      const closed = () => plugin.hostCalls.some(({ method }) => method === "host.stream.close")
      while (!closed()) yield* Effect.sleep(5)
      assert.deepStrictEqual(
        plugin.hostCalls.map(({ method }) => method),
        [...Array.from({ length: 5 }, () => "host.stream.emit"), "host.stream.close"]
      )

      const models = yield* plugin.call("model.for_auth", { AuthProvider: "echo", Metadata: { plan: "team" } })
      assertMatches(models, { Models: [{ ID: "echo-small" }, { ID: "echo-large" }] })

      const sent = { Method: "GET", URL: "https://x.invalid/", Metadata: { token: "t-1" } }
      assertMatches(yield* plugin.call("executor.http_request", sent), { StatusCode: 204 })
      assertMatches(plugin.hostCalls.at(-1), {
        method: "host.http.do",
        request: { method: "GET", headers: { Authorization: ["Bearer t-1"] } }
      })
      const refused = yield* Effect.flip(plugin.call("executor.execute", { Payload: base64({ messages: [] }) }))
      assertMatches(refused, { _tag: "PluginRefused", code: "no_messages", httpStatus: 400 })
    })
  )

  it.live("auth-provider reads its files, logs a person in after some polls, and renews tokens", () =>
    Effect.gen(function* () {
      const plugin = yield* open("auth-provider", "polls: 2")
      const file = {
        Provider: "lab",
        FileName: "lab-me.json",
        RawJSON: base64({ type: "lab", token: "t", email: "me@x" })
      }
      assertMatches(yield* plugin.call("auth.parse", file), {
        Handled: true,
        Auth: { Label: "me@x", Provider: "lab" }
      })
      assertMatches(yield* plugin.call("auth.parse", { ...file, RawJSON: base64({ type: "other" }) }), {
        Handled: false
      })

      const { State } = (yield* plugin.call("auth.login.start", { Provider: "lab" })) as { State: string }
      const statuses: Array<unknown> = []
      for (let poll = 0; poll < 3; poll++) {
        const { Status } = (yield* plugin.call("auth.login.poll", { Provider: "lab", State })) as { Status: string }
        statuses.push(Status)
      }
      assert.deepStrictEqual(statuses, ["pending", "success", "error"])

      const stored = base64({ type: "lab", token: "t.4", renewed: 4 })
      assertMatches(yield* plugin.call("auth.refresh", { AuthID: "a", StorageJSON: stored }), {
        Auth: { Metadata: { token: "t.5", renewed: 5 } }
      })
    })
  )

  it.live("frontend-auth knows the badges of its settings, and nobody else", () =>
    Effect.gen(function* () {
      const plugin = yield* open("frontend-auth", "badges: alice=s3cret, bob=hunter2")
      const ask = (Headers: unknown) => plugin.call("frontend_auth.authenticate", { Method: "GET", Headers })
      assertMatches(yield* ask({ "X-Badge": ["hunter2"] }), { Authenticated: true, Principal: "bob" })
      for (const headers of [
        { "X-Badge": ["hunter"] },
        { "X-Badge": [] },
        { Authorization: ["Bearer s3cret"] },
        null
      ]) {
        assertMatches(yield* ask(headers), { Authenticated: false })
      }
      const wrong = yield* Effect.flip(plugin.configure("badges: alice"))
      assertMatches(wrong, { code: "invalid_config", message: "badges: entry 1 is not of the form name=secret" })
    })
  )

  it.live("model-router sends long requests to a provider that is there", () =>
    Effect.gen(function* () {
      const plugin = yield* open("model-router", "provider: Big\nmodel: large\nbytes: 10")
      const route = (body: string, providers: ReadonlyArray<string>) =>
        plugin.call("model.route", { Body: base64(body), AvailableProviders: providers })
      assertMatches(yield* route("0123456789", ["big"]), {
        Handled: true,
        TargetKind: "provider",
        Target: "big",
        TargetModel: "large"
      })
      assertMatches(yield* route("012345678", ["big"]), { Handled: false })
      assertMatches(yield* route("0123456789", ["other"]), { Handled: false })
    })
  )

  it.live("request-translator, response-translator and thinking-applier speak one protocol", () =>
    Effect.gen(function* () {
      const requests = yield* open("request-translator")
      const asked = {
        FromFormat: "openai",
        ToFormat: "lab-native",
        Model: "m",
        Body: base64({ ...says("hi"), max_tokens: 9 })
      }
      const { Body } = (yield* requests.call("request.translate", asked)) as { Body: string }
      assert.deepStrictEqual(fromBase64(Body), { m: "m", limit: 9, turns: [{ who: "user", text: "hi" }] })
      assert.deepStrictEqual(yield* requests.call("request.translate", { ...asked, ToFormat: "claude" }), {
        Body: null
      })

      const thinking = yield* open("thinking-applier")
      const applied = (yield* thinking.call("thinking.apply", { Config: { Mode: "level", Level: "low" }, Body })) as {
        Body: string
      }
      assertMatches(fromBase64(applied.Body), { m: "m", think: 1024 })

      const responses = yield* open("response-translator")
      const answered = { FromFormat: "lab-native", ToFormat: "openai", Model: "m", Body: base64({ text: "hello" }) }
      const whole = (yield* responses.call("response.translate", answered)) as { Body: string }
      assertMatches(fromBase64(whole.Body), {
        choices: [{ message: { content: "hello" }, finish_reason: "stop" }]
      })
      const frame = (yield* responses.call("response.translate", { ...answered, Stream: true })) as { Body: string }
      assertMatches(fromBase64(frame.Body), { choices: [{ delta: { content: "hello" }, finish_reason: null }] })
    })
  )

  it.live("request-normalizer lowers what is above its limit, and leaves the rest alone", () =>
    Effect.gen(function* () {
      const plugin = yield* open("request-normalizer", "max_tokens: 100")
      const normalize = (ToFormat: string, body: unknown) =>
        plugin.call("request.normalize", { ToFormat, Body: base64(body) })
      const lowered = (yield* normalize("openai", { a: 1, max_completion_tokens: 1e6 })) as { Body: string }
      assert.deepStrictEqual(fromBase64(lowered.Body), { a: 1, max_completion_tokens: 100 })
      assert.deepStrictEqual(yield* normalize("openai", { max_tokens: 100 }), { Body: null })
      assert.deepStrictEqual(yield* normalize("gemini", { max_tokens: 1e6 }), { Body: null })
    })
  )

  it.live("request-interceptor ends requests with forbidden words, and marks attempts", () =>
    Effect.gen(function* () {
      const plugin = yield* open("request-interceptor", "forbidden: xyzzy\nheader: X-Credential")
      assertMatches(yield* plugin.call("request.intercept_before", { Body: base64(says("say XYZZY")) }), {
        Terminate: true,
        StatusCode: 403
      })
      assert.deepStrictEqual(yield* plugin.call("request.intercept_before", { Body: base64(says("hi")) }), {})
      const after = yield* plugin.call("request.intercept_after", { Metadata: { selected_auth_id: "a.json" } })
      assert.deepStrictEqual(after, { Headers: { "X-Credential": ["a.json"] } })
    })
  )

  it.live("request-lifecycle writes a log line, as a warning when it took long", () =>
    Effect.gen(function* () {
      const plugin = yield* open("request-lifecycle", "slow_ms: 100")
      const complete = (CompletedAt: string) =>
        plugin.call("request.complete", {
          Outcome: "succeeded",
          StartedAt: "2030-01-01T00:00:00Z",
          CompletedAt,
          host_callback_id: "5"
        })
      yield* complete("2030-01-01T00:00:00.05Z")
      yield* complete("2030-01-01T00:00:00.5Z")
      assertMatches(plugin.hostCalls, [
        { method: "host.log", request: { level: "info", host_callback_id: "5", fields: { took_ms: 50 } } },
        { method: "host.log", request: { level: "warn", fields: { took_ms: 500 } } }
      ])
    })
  )

  it.live("response-normalizers remove a field before the translation and set one after", () =>
    Effect.gen(function* () {
      const plugin = yield* open("response-normalizers", "remove: secret\nfingerprint: gateway")
      const before = (yield* plugin.call("response.normalize_before", { Body: base64({ secret: 1, b: 2 }) })) as {
        Body: string
      }
      assert.deepStrictEqual(fromBase64(before.Body), { b: 2 })
      const after = (yield* plugin.call("response.normalize_after", {
        ToFormat: "openai",
        Body: base64({ b: 2 })
      })) as { Body: string }
      assert.deepStrictEqual(fromBase64(after.Body), { b: 2, system_fingerprint: "gateway" })
      const frame = { ToFormat: "openai", Body: base64("data: [DONE]") }
      assert.deepStrictEqual(yield* plugin.call("response.normalize_after", frame), { Body: null })
    })
  )

  it.live("response-interceptor hides e-mail addresses and keeps the JSON whole", () =>
    Effect.gen(function* () {
      const plugin = yield* open("response-interceptor")
      const answer = (yield* plugin.call("response.intercept_after", {
        Model: "m",
        Body: base64({ content: 'a@b.example, "c.d@e.f.example"' })
      })) as { Body: string; Headers: unknown }
      assert.deepStrictEqual(fromBase64(answer.Body), { content: '[e-mail], "[e-mail]"' })
      assert.deepStrictEqual(answer.Headers, { "X-Model": ["m"] })
    })
  )

  it.live("response-stream-interceptor drops chunks that say nothing, and no others", () =>
    Effect.gen(function* () {
      const plugin = yield* open("response-stream-interceptor")
      const chunk = (ChunkIndex: number, body: unknown) =>
        plugin.call("response.intercept_stream_chunk", { SourceFormat: "openai", ChunkIndex, Body: base64(body) })
      assert.deepStrictEqual(yield* chunk(-1, ""), { Headers: { "X-Stream": ["thinned"] } })
      for (const empty of [choice({}), choice({ content: "" }), { ...choice({}), usage: null }]) {
        assert.deepStrictEqual(yield* chunk(0, empty), { DropChunk: true })
      }
      for (const full of [
        choice({ content: "a" }),
        choice({}, "stop"),
        { ...choice({}), usage: { total_tokens: 1 } },
        "?"
      ]) {
        assert.deepStrictEqual(yield* chunk(0, full), {})
      }
    })
  )

  it.live("usage appends one line for each record", () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(join(tmpdir(), "cliproxy-usage-"))
      const file = join(folder, "usage.jsonl")
      const plugin = yield* open("usage", `file: "${file}"`)
      const record = { APIKey: "alice", Provider: "demo", Model: "m", Latency: 812_000_000, Detail: { InputTokens: 3 } }
      yield* Effect.all([plugin.call("usage.handle", record), plugin.call("usage.handle", record)], { concurrency: 2 })
      const lines = readFileSync(file, "utf8").trim().split("\n")
      rmSync(folder, { recursive: true })
      assert.strictEqual(lines.length, 2)
      assertMatches(JSON.parse(lines[0] ?? ""), { client: "alice", input_tokens: 3, latency_ms: 812 })
    })
  )

  it.live("command-line greets as often as it is told, and says what is wrong", () =>
    Effect.gen(function* () {
      const plugin = yield* open("command-line")
      const run = (flags: { readonly [name: string]: string }) =>
        plugin.call("command_line.execute", {
          Program: "cliproxy",
          Flags: Object.fromEntries(Object.entries(flags).map(([Name, Value]) => [Name, { Name, Value }]))
        })
      const greeted = (yield* run({ greet: "Jane", "greet-times": "2" })) as { Stdout: string; ExitCode: number }
      assert.strictEqual(Buffer.from(greeted.Stdout, "base64").toString(), "Hello Jane\nHello Jane\n")
      assert.strictEqual(greeted.ExitCode, 0)
      assertMatches(yield* run({ greet: "Jane", "greet-times": "0" }), { ExitCode: 2 })
    })
  )

  it.live("management counts visits and escapes what came from outside", () =>
    Effect.gen(function* () {
      const plugin = yield* open("management")
      const get = (Path: string, more = {}) => plugin.call("management.handle", { Method: "GET", Path, ...more })
      const page = (yield* get("/v0/resource/plugins/management/page", { Query: { name: ["<b>"] } })) as {
        Body: string
      }
      assert.include(Buffer.from(page.Body, "base64").toString(), "Hello &lt;b&gt;, this is visit 1.")
      const api = (yield* get("/v0/management/visits")) as { Body: string }
      assert.deepStrictEqual(fromBase64(api.Body), { visits: 1 })
      assertMatches(yield* get("/v0/management/other"), { StatusCode: 404 })
    })
  )
})
