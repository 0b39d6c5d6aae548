import { PluginCrashed, PluginDeadlineExceeded, PluginUnavailable } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

import { EXECUTOR_DEADLINES } from "../../src/plugin-executor/executor-deadlines.ts"
import { makeExecutorStreams } from "../../src/plugin-executor/executor-streams.ts"
import type { PluginCredential } from "../../src/plugin-executor/plugin-credential.ts"
import { pluginExecutor } from "../../src/plugin-executor/plugin-executor.ts"
import { makePluginUpstream, type PluginUpstreamCall } from "../../src/plugin-executor/plugin-upstream.ts"
import { NO_TRANSLATION, SAME_RESPONSE, type Translation } from "../../src/plugin-executor/translation.ts"
import { recordingSink } from "../recording-sink.ts"
import { base64, refusal, type Script, type Scripted, scriptedPlugins, type Seen } from "./scripted-plugins.ts"

const OPENAI = { executor: true, executor_input_formats: ["openai"], executor_output_formats: ["chat-completions"] }

const jane: PluginCredential = {
  candidate: { id: "lab-jane", provider: "lab", priority: 0, disabled: false, attributes: {} },
  fingerprint: "1",
  storageJson: Buffer.from('{"token":"t"}'),
  metadata: { token: "t" },
  attributes: { api_key: "k" },
  prefix: ""
}

/** A plugin `p` that executes for `lab`, a way to send it requests, and a way in which it calls the host. */
const setup = (
  answers: Script,
  capabilities: Scripted["capabilities"] = OPENAI,
  translation: Translation = NO_TRANSLATION
) => {
  const world = scriptedPlugins({ id: "p", capabilities, answers })
  const streams = makeExecutorStreams()
  const upstream = makePluginUpstream({
    plugins: world.plugins,
    scopes: world.scopes,
    streams,
    translation: () => translation,
    deadlines: { ...EXECUTOR_DEADLINES, idleMs: 60_000 }
  })
  const executor = pluginExecutor(world.plugin("p"), "lab")
  const send = (more: Partial<PluginUpstreamCall> & { readonly stream?: boolean } = {}, sink = recordingSink()) => {
    const { stream = false, ...call } = more
    const json = { model: "m" }
    const body = Buffer.from(JSON.stringify(json))
    return upstream({
      executor,
      credential: undefined,
      execution: {
        request: { id: "r-1", path: "/v1/chat/completions", headers: {}, body, json, query: { beta: ["1"] } },
        sourceFormat: "openai",
        stream,
        metadata: { requested_model: "m" },
        scope: () => ({})
      },
      model: "m",
      headers: { "X-Team": ["blue"] },
      body,
      sink,
      ...call
    }).pipe(Effect.as(sink))
  }
  /** One process of the plugin. */
  const connect = () => world.hostCalls(streams.methods)("p")
  return { ...world, streams, send, connect, host: connect().call }
}

const chunk = (content: string) => JSON.stringify({ choices: [{ delta: { content } }] })

describe("executor.execute", () => {
  it.effect(
    "gets the request as it is in its own protocol, and its answer reaches the client unchanged (135, 137)",
    () =>
      Effect.gen(function* () {
        const { requests, scopes, send } = setup({
          "executor.execute": () => ({ Payload: base64('{ "id":"c1" }'), Headers: { "X-Request-Id": ["u"] } })
        })
        const sink = yield* send({ credential: jane })
        assert.strictEqual(sink.text(), '{ "id":"c1" }')
        assert.deepStrictEqual(
          [sink.status(), sink.headers(), sink.ended()],
          [200, { "content-type": "application/json", "content-length": "13" }, true]
        )
        assert.deepStrictEqual(requests("executor.execute"), [
          {
            AuthID: "lab-jane",
            AuthProvider: "lab",
            Model: "m",
            Format: "openai",
            Stream: false,
            Alt: "",
            Headers: { "X-Team": ["blue"] },
            Query: { beta: ["1"] },
            OriginalRequest: base64('{"model":"m"}'),
            SourceFormat: "openai",
            Payload: base64('{"model":"m"}'),
            Metadata: { requested_model: "m", selected_auth_id: "lab-jane" },
            StorageJSON: base64('{"token":"t"}'),
            AuthMetadata: { token: "t" },
            AuthAttributes: { api_key: "k" },
            host_callback_id: "1"
          }
        ])
        assert.strictEqual(scopes.size(), 0)
      })
  )

  it.effect("gets no credential where there is none, and the model as it was asked for (130)", () =>
    Effect.gen(function* () {
      const { requests, send } = setup({ "executor.execute": () => ({ Payload: base64("{}") }) })
      yield* send({ model: "m(high)" })
      assert.deepInclude(requests("executor.execute")[0], {
        AuthID: "",
        AuthProvider: "",
        Model: "m(high)",
        StorageJSON: null,
        AuthMetadata: null,
        Metadata: { requested_model: "m" }
      })
    })
  )

  it.effect("is not called for a plugin without formats, and the client hears why (134)", () =>
    Effect.gen(function* () {
      const { calls, send } = setup({}, { executor: true })
      assert.deepInclude(yield* Effect.flip(send()), {
        _tag: "ExecutorRefused",
        message: "plugin executor lab declares no input formats"
      })
      assert.deepStrictEqual(calls, [])
    })
  )

  it.effect("goes through the translation when it speaks another protocol, there and back (136, 137)", () =>
    Effect.gen(function* () {
      const seen: Array<object> = []
      const translation: Translation = {
        conversions: { request: (_, to) => to === "lab", response: (from) => from === "lab" },
        request: (work) =>
          Effect.succeed({ body: Buffer.from(`lab:${Buffer.from(work.body).toString()}`), context: undefined }),
        response: (work) => ({
          ...SAME_RESPONSE,
          push: (body) => {
            seen.push({ ...work, body: Buffer.from(body).toString() })
            return Effect.succeed([Buffer.from('{"from":'), Buffer.from('"lab"}')])
          }
        })
      }
      const formats = { executor: true, executor_input_formats: ["lab"], executor_output_formats: ["lab"] }
      const { requests, send } = setup(
        { "executor.execute": () => ({ Payload: base64("native") }) },
        formats,
        translation
      )
      const sink = yield* send()
      assert.strictEqual(sink.text(), '{"from":"lab"}')
      assert.deepInclude(requests("executor.execute")[0], {
        Format: "lab",
        SourceFormat: "lab",
        Payload: base64('lab:{"model":"m"}'),
        OriginalRequest: base64('{"model":"m"}')
      })
      assert.deepInclude(seen[0], { from: "lab", to: "openai", stream: false, body: "native" })
    })
  )

  it.effect("passes its error on with its status, and without one when it gave none (148)", () =>
    Effect.gen(function* () {
      const answers: Array<unknown> = [refusal("account is out of credit", 402), refusal("it broke"), { Payload: 7 }]
      const { send } = setup({ "executor.execute": () => answers.shift() })
      assert.deepInclude(yield* Effect.flip(send()), {
        _tag: "ExecutorRefused",
        status: 402,
        message: "account is out of credit"
      })
      const broken = yield* Effect.flip(send())
      assert.deepStrictEqual([broken._tag, "status" in broken, broken.message], ["ExecutorRefused", false, "it broke"])
      assert.match((yield* Effect.flip(send())).message, /malformed answer to executor\.execute/)
    })
  )

  it.effect("is called once more when the plugin's process ends meanwhile", () =>
    Effect.gen(function* () {
      const crash = Effect.fail(new PluginCrashed({ plugin: "p", method: "m", ending: "signal SIGKILL" }))
      const answers: Array<unknown> = [crash, { Payload: base64("{}") }, crash, crash]
      const { asked, scopes, send } = setup({ "executor.execute": () => answers.shift() })
      assert.strictEqual((yield* send()).text(), "{}")
      const error = yield* Effect.flip(send())
      assert.deepInclude(error, { _tag: "ProviderBroke", midStream: false, answered: false, blameless: true })
      assert.match(error.message, /SIGKILL/)
      assert.strictEqual(asked("executor.execute").length, 4)
      const fault = Effect.fail(new PluginCrashed({ plugin: "p", method: "m", ending: "signal SIGSEGV" }))
      answers.push(fault, fault)
      assert.notProperty(yield* Effect.flip(send()), "blameless", "a credential may be what it crashes on")
      assert.strictEqual(scopes.size(), 0)
    })
  )

  it.effect("waits for a plugin that is being started again, for three seconds", () =>
    Effect.gen(function* () {
      const restarting = Effect.fail(
        new PluginUnavailable({ plugin: "p", method: "m", state: "restarting", detail: "its process ended" })
      )
      let absences = 5
      const { asked, send } = setup({
        "executor.execute": () => (absences-- > 0 ? restarting : { Payload: base64("{}") })
      })
      const served = yield* Effect.forkChild(send())
      yield* TestClock.adjust(500)
      assert.strictEqual((yield* Fiber.join(served)).text(), "{}")
      assert.strictEqual(asked("executor.execute").length, 6)
      absences = Infinity
      const refused = yield* Effect.forkChild(Effect.flip(send()))
      yield* TestClock.adjust(3000)
      assert.deepInclude(yield* Fiber.join(refused), { _tag: "ProviderBroke", midStream: false })
    })
  )

  it.effect("fails like a broken provider when the plugin is not there, and with 504 when it is late", () =>
    Effect.gen(function* () {
      const call = { plugin: "p", method: "m" }
      const answers: Array<unknown> = [
        Effect.fail(new PluginUnavailable({ ...call, state: "fused", detail: "d" })),
        Effect.fail(new PluginDeadlineExceeded({ ...call, deadlineMs: 5 })),
        { Payload: null }
      ]
      const { activate, send } = setup({ "executor.execute": () => answers.shift() })
      assert.deepInclude(yield* Effect.flip(send()), { _tag: "ProviderBroke", midStream: false })
      assert.deepInclude(yield* Effect.flip(send()), { _tag: "ExecutorRefused", status: 504 })
      assert.deepInclude(yield* Effect.flip(send()), { _tag: "ProviderBroke", answered: true })
      activate()
      assert.match((yield* Effect.flip(send())).message, /not active any more/)
    })
  )

  it.effect("is called in the library that has taken the plugin's place, by what that one declares", () =>
    Effect.gen(function* () {
      const { activate, requests, send } = setup({}, { executor: true })
      activate({
        id: "p",
        version: "2",
        capabilities: OPENAI,
        answers: { "executor.execute": () => ({ Payload: base64('{"by":2}') }) }
      })
      assert.strictEqual((yield* send()).text(), '{"by":2}')
      assert.deepInclude(requests("executor.execute")[0], { Format: "openai" })
      activate({ id: "p", version: "3", capabilities: { model_registrar: true } })
      assert.match((yield* Effect.flip(send())).message, /not active any more/)
    })
  )

  it.effect("takes the plugin out of service when the host itself breaks", () =>
    Effect.gen(function* () {
      const { fused, send } = setup({
        "executor.execute": () => {
          throw new Error("a mistake of the host")
        }
      })
      assert.deepInclude(yield* Effect.flip(send()), { _tag: "ProviderBroke" })
      assert.deepStrictEqual(fused, ["p"])
    })
  )
})

describe("executor.count_tokens", () => {
  it.effect("is called instead of execute, also for a request that names a stream", () =>
    Effect.gen(function* () {
      const { asked, requests, send } = setup({
        "executor.count_tokens": () => ({ Payload: base64('{"total_tokens":12}') })
      })
      const sink = yield* send({ countTokens: true, stream: true })
      assert.strictEqual(sink.text(), '{"total_tokens":12}')
      assert.deepStrictEqual(asked("executor.count_tokens"), ["p"])
      assert.strictEqual(requests("executor.count_tokens")[0]?.["Stream"], false)
    })
  )
})

/** A plugin whose stream does these things, one after the other. */
const scriptedStream = (...steps: ReadonlyArray<readonly [string, object]>) => {
  const world = setup({
    "executor.execute_stream": ({ stream_id }: Seen) =>
      Effect.as(
        Effect.forEach(steps, ([method, request]) => world.host(method, { stream_id, ...request })),
        {}
      )
  })
  return world
}

/** A stream whose process emits these chunks and ends. The second process, if it is asked, emits a whole answer. */
const endsAfter = (...chunks: ReadonlyArray<string>) => {
  let asked = 0
  const world: ReturnType<typeof setup> = setup({
    "executor.execute_stream": Effect.fnUntraced(function* ({ stream_id }: Seen) {
      const { call, end } = world.connect()
      const again = ++asked > 1
      // An empty chunk, which nobody gets, ties the stream to the process.
      for (const payload of again ? [chunk("b")] : ["", ...chunks]) {
        yield* call("host.stream.emit", { stream_id, payload: base64(payload) })
      }
      if (again) yield* call("host.stream.close", { stream_id })
      else end()
      return {}
    })
  })
  return world
}
const ROLE = JSON.stringify({ choices: [{ delta: { role: "assistant", content: "" } }] })
const LAST = JSON.stringify({ choices: [{ delta: {}, finish_reason: "stop" }] })

describe("executor.execute_stream", () => {
  it.effect("may give the whole stream at once; its handle and its scope are gone then (138, 145)", () =>
    Effect.gen(function* () {
      let id = ""
      const { host, requests, scopes, send, streams } = setup({
        "executor.execute_stream": (request) => {
          id = String(request["stream_id"])
          return { chunks: [{ Payload: base64(chunk("a")) }, { Payload: null }, { Payload: base64(chunk("b")) }] }
        }
      })
      const sink = recordingSink()
      sink.close()
      const sending = yield* Effect.forkChild(send({ stream: true }, sink))
      yield* Effect.yieldNow
      // The client is slow, so the stream still runs.
      assert.isFalse(sink.ended())
      assert.strictEqual(scopes.size(), 0)
      assert.strictEqual(streams.size(), 0)
      assert.strictEqual(
        yield* host("host.stream.emit", { stream_id: id, payload: base64("x") }),
        `stream ${id} is not open`
      )
      sink.open()
      yield* Fiber.join(sending)
      assert.strictEqual(sink.text(), `data: ${chunk("a")}\n\ndata: ${chunk("b")}\n\ndata: [DONE]\n\n`)
      assert.strictEqual(sink.headers()?.["content-type"], "text/event-stream")
      assert.deepInclude(requests("executor.execute_stream")[0], {
        Stream: true,
        stream_id: "1",
        host_callback_id: "1"
      })
    })
  )

  it.effect("is called once more when the plugin's process ends before anything has come", () =>
    Effect.gen(function* () {
      const { asked, send } = endsAfter()
      const sink = yield* send({ stream: true })
      assert.strictEqual(sink.text(), `data: ${chunk("b")}\n\ndata: [DONE]\n\n`)
      assert.strictEqual(asked("executor.execute_stream").length, 2)
    })
  )

  it.effect("is called once more when only what every answer begins with has come", () =>
    Effect.gen(function* () {
      const { asked, send } = endsAfter(ROLE)
      const sink = yield* send({ stream: true })
      assert.strictEqual(sink.text(), `data: ${chunk("b")}\n\ndata: [DONE]\n\n`)
      assert.strictEqual(asked("executor.execute_stream").length, 2)
      const whole = yield* endsAfter(ROLE, LAST).send({ stream: true })
      assert.strictEqual(whole.text(), `data: ${ROLE}\n\ndata: ${LAST}\n\ndata: [DONE]\n\n`)
    })
  )

  it.effect("reaches the client chunk by chunk, also what was held until its answer began", () =>
    Effect.gen(function* () {
      const sink = recordingSink()
      const writes: Array<string> = []
      const noting = {
        ...sink,
        write: (bytes: Uint8Array) => (writes.push(Buffer.from(bytes).toString()), sink.write(bytes))
      }
      const payloads = [ROLE, ROLE, chunk("a"), LAST]
      const { send } = setup({
        "executor.execute_stream": () => ({ chunks: payloads.map((payload) => ({ Payload: base64(payload) })) })
      })
      yield* send({ stream: true, sink: noting })
      assert.deepStrictEqual(writes, [...payloads.map((payload) => `data: ${payload}\n\n`), "data: [DONE]\n\n"])
      const silent = yield* scriptedStream(
        ["host.stream.emit", { payload: base64(ROLE) }],
        ["host.stream.close", {}]
      ).send({ stream: true })
      assert.strictEqual(silent.text(), `data: ${ROLE}\n\ndata: [DONE]\n\n`)
    })
  )

  it.effect("breaks when the plugin's process ends in the middle, and is whole after the model's last word", () =>
    Effect.gen(function* () {
      const cut = yield* Effect.flip(endsAfter(chunk("a")).send({ stream: true }))
      assert.deepInclude(cut, {
        _tag: "ProviderBroke",
        midStream: true,
        message: "plugin p ended before its stream did"
      })
      const { asked, send } = endsAfter(chunk("a"), LAST)
      const sink = yield* send({ stream: true })
      assert.strictEqual(sink.text(), `data: ${chunk("a")}\n\ndata: ${LAST}\n\ndata: [DONE]\n\n`)
      assert.isTrue(sink.ended())
      assert.strictEqual(asked("executor.execute_stream").length, 1)
    })
  )

  it.effect("may emit before and after it returns, and its scope lasts as long as the stream (139, 145)", () =>
    Effect.gen(function* () {
      let id = ""
      const world = setup({
        "executor.execute_stream": (request: Seen) => {
          id = String(request["stream_id"])
          return Effect.as(world.host("host.stream.emit", { stream_id: id, payload: base64(chunk("a")) }), {})
        }
      })
      const { host, scopes, send, streams } = world
      const sink = recordingSink()
      const sending = yield* Effect.forkChild(send({ stream: true }, sink))
      while (!sink.started()) yield* Effect.yieldNow
      assert.strictEqual(scopes.size(), 1)
      yield* host("host.stream.emit", { stream_id: id, payload: base64(chunk("b")) })
      yield* host("host.stream.emit", { stream_id: id, payload: null })
      yield* host("host.stream.close", { stream_id: id })
      yield* Fiber.join(sending)
      assert.strictEqual(sink.text(), `data: ${chunk("a")}\n\ndata: ${chunk("b")}\n\ndata: [DONE]\n\n`)
      assert.deepStrictEqual([scopes.size(), streams.size()], [0, 0])
    })
  )

  it.effect("that fails before its answer begins is a failed attempt, and nothing has been sent", () =>
    Effect.gen(function* () {
      for (const [status, ...step] of [
        [undefined, "host.stream.emit", { error: "no capacity" }],
        [undefined, "host.stream.close", { error: "no capacity" }],
        [503, "host.stream.emit", { payload: base64('{"error":{"message":"no capacity","type":"overloaded_error"}}') }]
      ] as const) {
        const sink = recordingSink()
        const opening = ["host.stream.emit", { payload: base64(ROLE) }] as const
        const { scopes, send, streams } = scriptedStream(["host.stream.emit", {}], opening, step)
        const error = yield* Effect.flip(send({ stream: true }, sink))
        const answered = error._tag === "ExecutorRefused" ? [error.status, error.message] : error
        assert.deepStrictEqual(answered, [status, "no capacity"])
        assert.isFalse(sink.started())
        assert.deepStrictEqual([scopes.size(), streams.size()], [0, 0])
      }
    })
  )

  it.effect("that fails after its first chunk cannot be taken up by anybody else (141)", () =>
    Effect.gen(function* () {
      const sink = recordingSink()
      const { send } = scriptedStream(
        ["host.stream.emit", { payload: base64(chunk("a")) }],
        ["host.stream.close", { error: "upstream reset" }]
      )
      assert.deepInclude(yield* Effect.flip(send({ stream: true }, sink)), {
        _tag: "ProviderBroke",
        midStream: true,
        message: "upstream reset"
      })
      assert.strictEqual(sink.text(), `data: ${chunk("a")}\n\n`)
      assert.isFalse(sink.ended())
    })
  )

  it.effect("that refuses leaves nothing open (145)", () =>
    Effect.gen(function* () {
      const { scopes, send, streams } = setup({ "executor.execute_stream": () => refusal("quota", 429) })
      assert.deepInclude(yield* Effect.flip(send({ stream: true })), { _tag: "ExecutorRefused", status: 429 })
      assert.deepStrictEqual([scopes.size(), streams.size()], [0, 0])
    })
  )

  it.effect("that ends without any chunk is an empty stream", () =>
    Effect.gen(function* () {
      const { send } = scriptedStream(["host.stream.close", {}])
      const sink = yield* send({ stream: true })
      assert.strictEqual(sink.text(), "data: [DONE]\n\n")
    })
  )

  it.effect("waits for a slow client: sixteen chunks and those on their way, then the plugin waits too", () =>
    Effect.gen(function* () {
      let accepted = 0
      const world = setup({ "executor.execute_stream": () => ({}) })
      const sink = recordingSink()
      sink.close()
      const sending = yield* Effect.forkChild(world.send({ stream: true }, sink))
      const emitting = yield* Effect.forkChild(
        Effect.forever(
          Effect.tap(world.host("host.stream.emit", { stream_id: "1", payload: base64(chunk("a")) }), () =>
            Effect.sync(() => accepted++)
          )
        )
      )
      for (let i = 0; i < 200; i++) yield* Effect.yieldNow
      assert.isAtLeast(accepted, 16)
      assert.isAtMost(accepted, 18)
      yield* Fiber.interrupt(emitting)
      yield* Fiber.interrupt(sending)
    })
  )

  it.effect("leaves nothing behind when the client leaves, a thousand times (144)", () =>
    Effect.gen(function* () {
      let refused = 0
      const world = setup({ "executor.execute_stream": () => ({}) })
      for (let i = 1; i <= 1000; i++) {
        const sink = recordingSink()
        if (i % 2 === 0) sink.close()
        const sending = yield* Effect.forkChild(world.send({ stream: true }, sink))
        const emit = world.host("host.stream.emit", { stream_id: String(i), payload: base64(chunk("a")) })
        // As a plugin does: it goes on until it is told that the stream is not open.
        const plugin = yield* Effect.forkChild(
          Effect.gen(function* () {
            while (typeof (yield* emit) !== "string") yield* Effect.yieldNow
            refused++
          })
        )
        while (!sink.started()) yield* Effect.yieldNow
        yield* Fiber.interrupt(sending)
        yield* Fiber.join(plugin)
      }
      assert.strictEqual(refused, 1000)
      assert.deepStrictEqual([world.streams.size(), world.scopes.size()], [0, 0])
    })
  )

  it.effect("is read by its protocol when it has to be translated, chunk by chunk", () =>
    Effect.gen(function* () {
      const translation: Translation = {
        conversions: { request: () => true, response: () => true },
        request: ({ body }) => Effect.succeed({ body, context: undefined }),
        response: () => ({
          push: (body) => {
            const name = Buffer.from(body).toString()
            const both = [Buffer.from(chunk(`${name}1`)), Buffer.from(chunk(`${name}2`))]
            return Effect.succeed(name === "drop" ? [] : both)
          },
          end: Effect.succeed([Buffer.from(chunk("last"))])
        })
      }
      const formats = { executor: true, executor_input_formats: ["lab"], executor_output_formats: ["lab"] }
      const { send } = setup(
        { "executor.execute_stream": () => ({ chunks: [{ Payload: base64("a") }, { Payload: base64("drop") }] }) },
        formats,
        translation
      )
      const sink = yield* send({ stream: true })
      assert.strictEqual(
        sink.text(),
        `data: ${chunk("a1")}\n\ndata: ${chunk("a2")}\n\ndata: ${chunk("last")}\n\ndata: [DONE]\n\n`
      )
    })
  )
})
