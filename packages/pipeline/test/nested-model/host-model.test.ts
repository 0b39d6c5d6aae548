import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"

import type { ClientRequest } from "../../src/gateway.ts"
import { UpstreamFailed } from "../../src/gateway-error.ts"
import { makeHostModel, MAX_NESTING, MAX_UNSCOPED_NESTING } from "../../src/nested-model/host-model.ts"
import type { NestedOptions, RunNested } from "../../src/nested-model/nested-execution.ts"
import type { ResponseSink } from "../../src/response-sink.ts"
import { base64, scriptedPlugins } from "../plugin-executor/scripted-plugins.ts"

interface Run {
  readonly request: ClientRequest
  readonly options: NestedOptions
}

/** `host.model.*` over an execution that does as told, and plugin `p` that calls it. */
const setup = Effect.fnUntraced(function* (
  execute: (sink: ResponseSink, request: ClientRequest) => ReturnType<RunNested>
) {
  const runs: Array<Run> = []
  const scope = yield* Effect.scope
  const model = makeHostModel(
    () => (request, sink, options) => {
      runs.push({ request, options })
      return execute(sink, request)
    },
    scope
  )
  const world = scriptedPlugins()
  const connect = world.hostCalls(model.methods)
  const { call, end } = connect("p")
  return { ...world, connect, call, end, model, runs }
})

const ask = (more: object = {}) => ({
  entry_protocol: "openai",
  model: "m",
  stream: false,
  body: base64('{"model":"m","messages":[]}'),
  ...more
})
const askStream = (more: object = {}) => ask({ stream: true, body: base64('{"model":"m","stream":true}'), ...more })

const answerWhole = (body: string) => (sink: ResponseSink) =>
  Effect.sync(() => {
    sink.start(200, { "content-type": "application/json", "content-length": String(body.length), "x-lab": "1" })
    sink.write(Buffer.from(body))
    sink.end()
  })

/** A stream of these writes, each when the one before it was taken. */
const answerStream = (...writes: ReadonlyArray<string>) =>
  Effect.fnUntraced(function* (sink: ResponseSink) {
    sink.start(200, { "content-type": "text/event-stream" })
    for (const write of writes) {
      if (sink.write(Buffer.from(write))) continue
      yield* Effect.callback<void>((resume) => {
        sink.onWritable(() => resume(Effect.void))
      })
    }
    sink.end()
  })

const failed = (message: string) => new UpstreamFailed({ message, status: 429, type: null, code: null, param: null })

const chunk = (payload: string) => ({ payload: payload === "" ? null : base64(payload), error: "", done: false })
const DONE: { readonly payload: string | null; readonly error: string; readonly done: boolean } = {
  payload: null,
  error: "",
  done: true
}

const CHAT_REQUEST = '{"model":"m","messages":[{"role":"user","content":"hi"}]}'
/** One event of a chat completion that streams. */
const delta = (more: object) => `data: ${JSON.stringify({ id: "c", model: "m", choices: [{ index: 0, ...more }] })}\n\n`
const CHAT_ANSWER =
  '{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}'

describe("host.model.execute", () => {
  it.effect("runs the request without the calling plugin and gives the answer (156)", () =>
    Effect.gen(function* () {
      const { call, runs } = yield* setup(answerWhole('{"choices":[]}'))
      assert.deepStrictEqual(yield* call("host.model.execute", ask({ headers: { "x-team": ["blue"] } })), {
        status_code: 200,
        headers: { "X-Lab": ["1"] },
        body: base64('{"choices":[]}')
      })
      const [run] = runs
      assert.deepStrictEqual(run?.options, {
        skipPlugin: "p",
        metadata: { source: "plugin_host_model_callback" },
        provider: undefined,
        credential: undefined
      })
      assert.deepInclude(run?.request, { path: "/v1/chat/completions", headers: { "X-Team": ["blue"] }, query: {} })
      assert.deepStrictEqual(run?.request.json, { model: "m", messages: [], stream: false })
      assert.strictEqual(Buffer.from(run?.request.body ?? []).toString(), '{"model":"m","messages":[]}')
    })
  )

  it.effect("asks for the model and the mode of the call, whatever the body says", () =>
    Effect.gen(function* () {
      const { call, runs } = yield* setup(answerWhole("{}"))
      yield* call("host.model.execute", ask({ model: "other" }))
      yield* call("host.model.execute", ask({ body: base64('{"stream":true}') }))
      yield* call("host.model.execute", ask({ model: "" }))
      const bodies = runs.map(({ request }) => Buffer.from(request.body).toString())
      assert.deepStrictEqual(bodies, [
        '{"model":"other","messages":[]}',
        '{"stream":false,"model":"m"}',
        '{"model":"m","messages":[]}'
      ])
      assert.deepStrictEqual(
        runs.map(({ request }) => request.json["model"]),
        ["other", "m", "m"]
      )
    })
  )

  it.effect("may name the provider and the credential that must serve it, but no other way there", () =>
    Effect.gen(function* () {
      const { call, runs } = yield* setup(answerWhole("{}"))
      yield* call("host.model.execute", ask({ forced_provider: " P ", auth_id: "p/b" }))
      assert.deepStrictEqual(
        runs.map(({ options }) => options),
        [
          {
            skipPlugin: "p",
            metadata: { source: "plugin_host_model_callback", pinned_auth_id: "p/b" },
            provider: "p",
            credential: "p/b"
          }
        ]
      )
      for (const field of ["proxy_url", "path"]) {
        assert.strictEqual(
          yield* call("host.model.execute", ask({ [field]: "/x" })),
          `${field} is not supported by this host`
        )
      }
      assert.strictEqual(runs.length, 1)
    })
  )

  it.effect("is made for the client whose request the plugin works for, and for nobody without one", () =>
    Effect.gen(function* () {
      const { call, runs, scopes } = yield* setup(answerWhole("{}"))
      const scope = scopes.open({ plugin: "p", request: { id: "r-1", headers: {}, query: {}, principal: "jane" } })
      yield* call("host.model.execute", ask({ host_callback_id: scope.id }))
      scope.close()
      yield* call("host.model.execute", ask({ host_callback_id: scope.id }))
      assert.deepStrictEqual(
        runs.map(({ request }) => request.principal),
        ["jane", undefined]
      )
    })
  )

  it.effect("takes headers and query from the client's request when the plugin gives none", () =>
    Effect.gen(function* () {
      const { call, runs, scopes } = yield* setup(answerWhole("{}"))
      const request = { id: "r-1", headers: { "X-Client": ["c"] }, query: { beta: ["1"] } }
      const scope = scopes.open({ plugin: "p", request })
      yield* call("host.model.execute", ask({ host_callback_id: scope.id }))
      yield* call("host.model.execute", ask({ host_callback_id: scope.id, headers: { A: ["1"] }, query: { q: ["2"] } }))
      yield* call("host.model.execute", ask({ host_callback_id: "unknown" }))
      assert.deepStrictEqual(
        runs.map(({ request }) => [request.headers, request.query, request.traceId]),
        [
          [{ "X-Client": ["c"] }, { beta: ["1"] }, "r-1"],
          [{ A: ["1"] }, { q: ["2"] }, "r-1"],
          [{}, {}, undefined]
        ]
      )
    })
  )

  it.effect("tells the plugin why there is no answer", () =>
    Effect.gen(function* () {
      const { call } = yield* setup((sink, { json }) => {
        if (json["model"] === "terminated") {
          return Effect.sync(() => {
            sink.start(403, {})
            sink.write(Buffer.from("no"))
            sink.end()
          })
        }
        return Effect.fail(failed(json["model"] === "silent" ? "" : '{"error":{"message":"slow down"}}'))
      })
      assert.strictEqual(yield* call("host.model.execute", ask()), '{"error":{"message":"slow down"}}')
      assert.strictEqual(
        yield* call("host.model.execute", ask({ model: "silent" })),
        "model execution failed with status 429"
      )
      assert.strictEqual(
        yield* call("host.model.execute", ask({ model: "terminated" })),
        "model execution failed with status 403"
      )
    })
  )

  it.effect("tells the plugin the status that a client would have got, whole or streamed", () =>
    Effect.gen(function* () {
      const { connect } = yield* setup(() => Effect.fail(failed("slow down")))
      const { callRaw } = connect("p")
      for (const [method, request] of [
        ["host.model.execute", ask()],
        ["host.model.execute_stream", askStream()]
      ] as const) {
        const answer = yield* callRaw(method, request)
        assert.deepInclude(answer, { _tag: "Failure" })
        assert.deepInclude(answer._tag === "Failure" ? answer.error : {}, { message: "slow down", httpStatus: 429 })
      }
    })
  )

  for (const [protocol, path] of [
    ["openai-response", "/v1/responses"],
    ["claude", "/v1/messages"]
  ] as const) {
    it.effect(`serves a request in ${protocol}`, () =>
      Effect.gen(function* () {
        const { call, runs } = yield* setup(answerWhole("{}"))
        yield* call("host.model.execute", ask({ entry_protocol: protocol, model: "n" }))
        assert.deepInclude(runs[0]?.request, { protocol, path })
        assert.deepInclude(runs[0]?.request.json, { model: "n" })
      })
    )
  }

  it.effect("serves a request in gemini, whose body names no model", () =>
    Effect.gen(function* () {
      const { call, runs } = yield* setup(answerStream('data: {"candidates":[]}\n\n'))
      const body = base64('{"contents":[]}')
      yield* call("host.model.execute_stream", ask({ entry_protocol: "gemini", stream: true, model: "g", body }))
      const [run] = runs
      assert.deepInclude(run?.request, {
        protocol: "gemini",
        path: "/v1beta/models/g:streamGenerateContent",
        alt: "sse"
      })
      assert.deepStrictEqual(run?.request.target, { model: "g", stream: true })
      assert.strictEqual(Buffer.from(run?.request.body ?? []).toString(), '{"contents":[]}')
    })
  )

  it.effect("answers in another protocol than it was asked in", () =>
    Effect.gen(function* () {
      const { call, runs } = yield* setup(answerWhole(CHAT_ANSWER))
      const ask = { entry_protocol: "openai", model: "m", stream: false, body: base64(CHAT_REQUEST) }
      const bodyIn = (exit: string) =>
        Effect.map(call("host.model.execute", { ...ask, exit_protocol: exit }), (answer) =>
          JSON.parse(Buffer.from((answer as { body: string }).body, "base64").toString())
        )
      assert.deepInclude(yield* bodyIn("openai"), { object: "chat.completion" })
      assert.deepInclude(yield* bodyIn("claude"), { type: "message", content: [{ type: "text", text: "hi" }] })
      assert.deepInclude(yield* bodyIn("openai-response"), { object: "response", status: "completed" })
      assert.strictEqual((yield* bodyIn("gemini")).candidates[0].content.parts[0].text, "hi")
      assert.deepStrictEqual([...new Set(runs.map(({ request }) => request.protocol))], ["openai"])
    })
  )

  it.effect("runs a request of the Responses API in the protocol that the answer is to be in", () =>
    Effect.gen(function* () {
      const { call, runs } = yield* setup(answerWhole(CHAT_ANSWER))
      const body = base64('{"input":"hi","max_output_tokens":5}')
      const request = { entry_protocol: "openai-response", exit_protocol: "openai", model: "m", stream: false, body }
      const answer = (yield* call("host.model.execute", request)) as { readonly body: string }
      assert.strictEqual(Buffer.from(answer.body, "base64").toString(), CHAT_ANSWER)
      assert.deepInclude(runs[0]?.request, { protocol: "openai", path: "/v1/chat/completions" })
      assert.deepInclude(runs[0]?.request.json, { model: "m", stream: false })
      assert.deepStrictEqual(runs[0]?.request.json["messages"], [{ role: "user", content: "hi" }])
      assert.match(
        String(yield* call("host.model.execute", { ...request, body: base64('{"input":7}') })),
        /input/,
        "a request that cannot be read is told"
      )
      assert.strictEqual(runs.length, 1)
    })
  )

  it.effect("and execute_stream refuse what is not theirs (194)", () =>
    Effect.gen(function* () {
      const { call, runs } = yield* setup(answerWhole("{}"))
      assert.strictEqual(
        yield* call("host.model.execute", ask({ stream: true })),
        "host.model.execute requires stream=false"
      )
      assert.strictEqual(
        yield* call("host.model.execute_stream", ask()),
        "host.model.execute_stream requires stream=true"
      )
      assert.strictEqual(
        yield* call("host.model.execute", ask({ entry_protocol: "codex" })),
        'protocol "codex" is not served by this host'
      )
      assert.strictEqual(
        yield* call("host.model.execute", ask({ exit_protocol: "interactions" })),
        'protocol "interactions" is not served by this host'
      )
      assert.strictEqual(
        yield* call("host.model.execute", ask({ body: base64("[]") })),
        "the body is not a JSON object"
      )
      assert.deepStrictEqual(runs, [])
    })
  )

  it.effect("is not there before the gateway is", () =>
    Effect.gen(function* () {
      const model = makeHostModel(() => undefined, yield* Effect.scope)
      const { call } = scriptedPlugins().hostCalls(model.methods)("p")
      assert.strictEqual(yield* call("host.model.execute", ask()), "host model executor is unavailable")
    })
  )

  it.effect("ends with the client's request", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<string>()
      const { call, scopes } = yield* setup(() =>
        Effect.andThen(Deferred.succeed(started, undefined), Effect.never).pipe(
          Effect.onInterrupt(() => Deferred.succeed(ended, "interrupted"))
        )
      )
      const controller = new AbortController()
      const { id } = scopes.open({ plugin: "p", signal: controller.signal })
      const calling = yield* Effect.forkChild(call("host.model.execute", ask({ host_callback_id: id })))
      yield* Deferred.await(started)
      controller.abort()
      assert.strictEqual(yield* Fiber.join(calling), "the request was cancelled")
      assert.strictEqual(yield* Deferred.await(ended), "interrupted")
    })
  )

  it.effect("stops a plugin that calls itself for ever", () =>
    Effect.gen(function* () {
      let deepest = 0
      const world: Effect.Success<ReturnType<typeof setup>> = yield* setup((sink, request) => {
        const { id } = world.scopes.open({ plugin: "p", request: { id: request.id, headers: {}, query: {} } })
        deepest++
        return Effect.flatMap(world.call("host.model.execute", ask({ host_callback_id: id })), (answer) =>
          typeof answer === "string" ? Effect.fail(failed(answer)) : answerWhole("{}")(sink)
        )
      })
      assert.strictEqual(
        yield* world.call("host.model.execute", ask()),
        `model executions are nested more than ${MAX_NESTING} deep`
      )
      assert.strictEqual(deepest, MAX_NESTING)
    })
  )

  it.effect("stops one that does so without saying for which call", () =>
    Effect.gen(function* () {
      let deepest = 0
      const world: Effect.Success<ReturnType<typeof setup>> = yield* setup((sink, request) => {
        const call = world.scopes.open({ plugin: "p", request: { id: request.id, headers: {}, query: {} } })
        deepest++
        return Effect.flatMap(world.call("host.model.execute", ask()), (answer) =>
          typeof answer === "string" ? Effect.fail(failed(answer)) : answerWhole("{}")(sink)
        ).pipe(Effect.onExit(() => Effect.sync(call.close)))
      })
      // Calls for clients are none that are nested, however many there are.
      for (const id of Array.from({ length: 100 }, String)) {
        world.scopes.open({ plugin: "p", request: { id, headers: {}, query: {} } })
      }
      assert.include(yield* world.call("host.model.execute", ask()), "without host_callback_id")
      assert.strictEqual(deepest, MAX_UNSCOPED_NESTING)
    })
  )

  it.effect("is remembered as long as the call that it was made in", () =>
    Effect.gen(function* () {
      const { call, model, scopes } = yield* setup(answerWhole("{}"))
      const scope = scopes.open({ plugin: "p" })
      assert.isFalse(model.ranWithin(scope.id))
      yield* call("host.model.execute", ask({ host_callback_id: scope.id }))
      assert.isTrue(model.ranWithin(scope.id))
      scope.close()
      assert.isFalse(model.ranWithin(scope.id))
    })
  )
})

describe("host.model.execute_stream", () => {
  it.effect("gives chunk after chunk without their framing, and then the end", () =>
    Effect.gen(function* () {
      const { call, model } = yield* setup(answerStream('data: {"a":1}\n\nda', 'ta: {"b":2}\n\n', "data: [DONE]\n\n"))
      assert.deepStrictEqual(yield* call("host.model.execute_stream", askStream()), {
        status_code: 200,
        headers: null,
        stream_id: "1"
      })
      const read = call("host.model.stream_read", { stream_id: "1" })
      assert.deepStrictEqual([yield* read, yield* read, yield* read], [chunk('{"a":1}'), chunk('{"b":2}'), DONE])
      assert.deepStrictEqual(yield* read, DONE)
      assert.strictEqual(model.openStreams(), 0)
    })
  )

  it.effect("gives chunks of the protocol that the answer is to be in", () =>
    Effect.gen(function* () {
      const { call } = yield* setup(
        answerStream(
          delta({ delta: { content: "hi" } }),
          delta({ delta: {}, finish_reason: "stop" }),
          "data: [DONE]\n\n"
        )
      )
      const request = {
        entry_protocol: "openai",
        exit_protocol: "claude",
        model: "m",
        stream: true,
        body: base64(CHAT_REQUEST)
      }
      const { stream_id } = (yield* call("host.model.execute_stream", request)) as { readonly stream_id: string }
      let text = ""
      for (;;) {
        const { done, payload } = (yield* call("host.model.stream_read", { stream_id })) as typeof DONE
        if (done) break
        text += Buffer.from(payload ?? "", "base64").toString()
      }
      assert.match(text, /^event: message_start\ndata: /)
      assert.include(text, '"text":"hi"')
      assert.match(text, /event: message_stop\ndata: .*\n\n$/)
    })
  )

  it.effect("fails itself when the execution fails before its first chunk, and reads fail when it does later", () =>
    Effect.gen(function* () {
      const { call, model } = yield* setup((sink, { json }) =>
        json["model"] === "m"
          ? Effect.fail(failed("nobody is left"))
          : Effect.sync(() => {
              sink.start(200, { "content-type": "text/event-stream" })
              sink.write(Buffer.from('data: {"a":1}\n\n'))
            }).pipe(Effect.andThen(Effect.fail(failed("it broke"))))
      )
      assert.strictEqual(yield* call("host.model.execute_stream", askStream()), "nobody is left")
      const { stream_id } = (yield* call("host.model.execute_stream", askStream({ model: "late" }))) as {
        readonly stream_id: string
      }
      const read = call("host.model.stream_read", { stream_id })
      assert.deepStrictEqual(yield* read, chunk('{"a":1}'))
      assert.deepStrictEqual(yield* read, { ...DONE, error: "it broke" })
      assert.deepStrictEqual(yield* read, DONE)
      assert.strictEqual(model.openStreams(), 0)
    })
  )

  it.effect("answers done for unknown handles, and an error for none (193)", () =>
    Effect.gen(function* () {
      const { call } = yield* setup(answerStream())
      assert.deepStrictEqual(yield* call("host.model.stream_read", { stream_id: "99" }), DONE)
      assert.strictEqual(yield* call("host.model.stream_read", { stream_id: "" }), "model stream id is required")
      assert.deepStrictEqual(yield* call("host.model.stream_close", { stream_id: "99" }), {})
    })
  )

  /** An open stream of an execution that never ends by itself. */
  const openStream = Effect.fnUntraced(function* () {
    const ended = yield* Deferred.make<string>()
    const world = yield* setup((sink) =>
      Effect.sync(() => {
        sink.start(200, { "content-type": "text/event-stream" })
        sink.write(Buffer.from('data: {"a":1}\n\n'))
      }).pipe(
        Effect.andThen(Effect.never),
        Effect.onInterrupt(() => Deferred.succeed(ended, "interrupted"))
      )
    )
    const scope = world.scopes.open({ plugin: "p" })
    yield* world.call("host.model.execute_stream", askStream({ host_callback_id: scope.id }))
    return { ...world, scope, ended: Deferred.await(ended) }
  })

  it.effect("ends with the scope that it was opened with (195)", () =>
    Effect.gen(function* () {
      const { call, ended, model, scope } = yield* openStream()
      scope.close()
      assert.strictEqual(yield* ended, "interrupted")
      assert.strictEqual(model.openStreams(), 0)
      assert.deepStrictEqual(yield* call("host.model.stream_read", { stream_id: "1" }), DONE)
    })
  )

  it.effect("ends when its plugin closes it, or ends", () =>
    Effect.gen(function* () {
      const closed = yield* openStream()
      yield* closed.call("host.model.stream_close", { stream_id: "1" })
      assert.strictEqual(yield* closed.ended, "interrupted")
      const left = yield* openStream()
      left.end()
      assert.strictEqual(yield* left.ended, "interrupted")
      assert.deepStrictEqual([closed.model.openStreams(), left.model.openStreams()], [0, 0])
    })
  )

  it.effect("is nobody's but its plugin's", () =>
    Effect.gen(function* () {
      const { connect, model } = yield* openStream()
      const other = connect("q")
      assert.deepStrictEqual(yield* other.call("host.model.stream_read", { stream_id: "1" }), DONE)
      yield* other.call("host.model.stream_close", { stream_id: "1" })
      assert.strictEqual(model.openStreams(), 1)
    })
  )
})
