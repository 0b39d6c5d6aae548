import { PluginCrashed, PluginDeadlineExceeded, PluginUnavailable } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { refused } from "../plugin-double.ts"
import { completionBody, failing } from "../scripted-provider.ts"
import { base64, hookedGateway, text } from "./hooked-gateway.ts"

const interceptor = (answers: Record<string, (request: Record<string, unknown>) => unknown>) => ({
  capabilities: { request_interceptor: true },
  answers: { "request.intercept_before": () => ({}), "request.intercept_after": () => ({}), ...answers }
})

/** An interceptor that appends to the text of the first message. */
const appending = (word: string) => (request: Record<string, unknown>) => {
  const body = JSON.parse(text(request["Body"]) ?? "") as { messages: [{ content: string }] }
  body.messages[0].content += word
  return { Body: base64(JSON.stringify(body)) }
}

const hello = { model: "m", messages: [{ role: "user", content: "hi" }] }
const contentOf = (body: string | undefined) =>
  (JSON.parse(body ?? "") as { messages: [{ content: string }] }).messages[0].content

describe("request.intercept_before", () => {
  it.live("is a chain by priority in which each plugin sees what the one before it left (149, 150)", () =>
    Effect.gen(function* () {
      const { ask, calls, upstream } = yield* hookedGateway({
        first: interceptor({
          "request.intercept_before": (request) => ({ ...appending(" one")(request), Headers: { "x-team": ["blue"] } })
        }),
        second: interceptor({}),
        third: interceptor({ "request.intercept_before": appending(" three") })
      })
      const sink = yield* ask(hello, { "User-Agent": ["cli/1"] })
      assert.strictEqual(sink.status(), 200)
      assert.strictEqual(contentOf(upstream.received[0]?.body), "hi one three")
      const seen = calls("request.intercept_before").map(({ request }) => request)
      assert.deepStrictEqual(
        seen.map(({ Body }) => contentOf(text(Body) ?? "")),
        ["hi", "hi one", "hi one"]
      )
      assert.deepStrictEqual(
        seen.map(({ Headers }) => Headers),
        [
          { "User-Agent": ["cli/1"] },
          { "User-Agent": ["cli/1"], "X-Team": ["blue"] },
          { "User-Agent": ["cli/1"], "X-Team": ["blue"] }
        ]
      )
    })
  )

  it.live("is told what the request is, with one ID for all hooks and a scope of its own for each call", () =>
    Effect.gen(function* () {
      const { ask, calls } = yield* hookedGateway({ one: interceptor({}), two: interceptor({}) })
      yield* ask({ ...hello, model: "m(high)", stream: false, reasoning_effort: "low" }, { "Idempotency-Key": ["k-1"] })
      const [first, second, after] = calls().map(({ request }) => request)
      assert.deepInclude(first, {
        SourceFormat: "openai",
        ToFormat: "",
        Model: "m(high)",
        RequestedModel: "m(high)",
        Stream: false,
        Metadata: {
          idempotency_key: "k-1",
          reasoning_effort: "low",
          request_path: "/v1/chat/completions",
          requested_model: "m(high)"
        }
      })
      assert.match(String(first?.["RequestID"]), /^[0-9a-f-]{36}$/)
      assert.strictEqual(second?.["RequestID"], first?.["RequestID"])
      assert.strictEqual(after?.["RequestID"], first?.["RequestID"])
      assert.match(String(first?.["host_callback_id"]), /^\d+$/)
      assert.notStrictEqual(second?.["host_callback_id"], first?.["host_callback_id"])
    })
  )

  it.live("removes ClearHeaders before it sets Headers (151)", () =>
    Effect.gen(function* () {
      const { ask, calls } = yield* hookedGateway({
        one: interceptor({
          "request.intercept_before": () => ({
            ClearHeaders: ["x-both", "X-GONE"],
            Headers: { "X-Both": ["new"], "x-empty": [] }
          })
        }),
        two: interceptor({})
      })
      yield* ask(hello, { "X-Both": ["old"], "X-Gone": ["1"], "X-Empty": ["1"], "X-Kept": ["1"] })
      assert.deepStrictEqual(calls("request.intercept_before", "two")[0]?.request["Headers"], {
        "X-Both": ["new"],
        "X-Kept": ["1"]
      })
    })
  )

  it.live("ends the request with Terminate: status, headers and body are the plugin's, nothing is sent (152)", () =>
    Effect.gen(function* () {
      const { ask, calls, upstream } = yield* hookedGateway({
        gate: interceptor({
          "request.intercept_before": () => ({
            Terminate: true,
            StatusCode: 429,
            ResponseHeaders: { "retry-after": ["3"], "Set-Cookie": ["a=b"], Connection: ["X-Hop"], "X-Hop": ["1"] },
            ResponseBody: base64(`{"error":"later"}`)
          })
        }),
        later: interceptor({})
      })
      const sink = yield* ask({ ...hello, stream: true })
      assert.strictEqual(sink.status(), 429)
      assert.deepStrictEqual(sink.headers(), {
        "content-type": "application/json",
        "retry-after": "3",
        "content-length": "17"
      })
      assert.strictEqual(sink.text(), `{"error":"later"}`)
      assert.isTrue(sink.ended())
      assert.strictEqual(upstream.received.length, 0)
      assert.deepStrictEqual(
        calls().map(({ method, path }) => [method, path]),
        [["request.intercept_before", "/plugins/gate.so"]]
      )
    })
  )

  for (const [status, answered] of [
    [0, 403],
    [199, 403],
    [600, 403],
    [200, 200],
    [599, 599]
  ] as const) {
    it.live(`that terminates with ${status} answers ${answered} (152)`, () =>
      Effect.gen(function* () {
        const { ask } = yield* hookedGateway({
          gate: interceptor({ "request.intercept_before": () => ({ Terminate: true, StatusCode: status }) })
        })
        const sink = yield* ask(hello)
        assert.deepStrictEqual([sink.status(), sink.text(), sink.ended()], [answered, "", true])
      })
    )
  }

  it.live("is skipped when it fails, in whatever way, and the chain goes on (155)", () =>
    Effect.gen(function* () {
      const call = { plugin: "x", method: "request.intercept_before" }
      const failures = [
        refused("broken", "no luck"),
        Effect.fail(new PluginCrashed({ ...call, ending: "signal SIGSEGV" })),
        Effect.fail(new PluginUnavailable({ ...call, state: "restarting", detail: "it crashed" })),
        Effect.fail(new PluginDeadlineExceeded({ ...call, deadlineMs: 5 })),
        { Headers: { "X-Bad": "not a list" } }
      ]
      const { ask, upstream } = yield* hookedGateway({
        broken: interceptor({ "request.intercept_before": () => failures.shift() }),
        working: interceptor({ "request.intercept_before": appending(" still") })
      })
      for (let i = 0; i < 5; i++) {
        const sink = yield* ask(hello)
        assert.strictEqual(sink.text(), completionBody("served by a"))
      }
      assert.deepStrictEqual(
        upstream.received.map(({ body }) => contentOf(body)),
        Array.from({ length: 5 }, () => "hi still")
      )
      assert.strictEqual(failures.length, 0)
    })
  )

  it.live("is fused when the host itself breaks while calling it, and the request goes on", () =>
    Effect.gen(function* () {
      const { ask, calls } = yield* hookedGateway({
        broken: interceptor({ "request.intercept_before": () => Effect.die(new Error("host fault")) })
      })
      assert.strictEqual((yield* ask(hello)).status(), 200)
      assert.strictEqual((yield* ask(hello)).status(), 200)
      assert.strictEqual(calls().length, 1)
    })
  )

  it.live("gets no body when a plugin of schema 7 says that it can do without", () =>
    Effect.gen(function* () {
      const flags = { request_interceptor: true, request_interceptor_omit_body_before: true }
      const { ask, calls } = yield* hookedGateway({
        seven: { ...interceptor({}), schema: 7, capabilities: flags },
        six: { ...interceptor({}), schema: 6, capabilities: flags }
      })
      yield* ask(hello)
      assert.deepStrictEqual(
        calls().map(({ method, request }) => [method, request["Body"] === null]),
        [
          ["request.intercept_before", true],
          ["request.intercept_before", false],
          ["request.intercept_after", false],
          ["request.intercept_after", false]
        ]
      )
    })
  )

  it.live("may send any body; one that is no JSON object goes to the provider as it is", () =>
    Effect.gen(function* () {
      const { ask, upstream } = yield* hookedGateway({
        odd: interceptor({ "request.intercept_before": () => ({ Body: base64("[1, 2]") }) })
      })
      yield* ask(hello)
      assert.strictEqual(upstream.received[0]?.body, "[1, 2]")
    })
  )
})

describe("headers that interceptors set", () => {
  it.live("reach the provider, but not those of the connection, the credential and the client", () =>
    Effect.gen(function* () {
      const { ask, upstream } = yield* hookedGateway({
        one: interceptor({
          "request.intercept_before": (request) => ({
            Headers: {
              ...(request["Headers"] as object),
              "X-Team": ["blue", "red"],
              "User-Agent": ["lab/1"],
              Authorization: ["Bearer other"],
              Host: ["elsewhere"],
              "Content-Length": ["1"],
              "X-Bad": ["line\nbreak"]
            }
          })
        })
      })
      const sink = yield* ask(hello, { "X-Api-Key": ["client-key"], "User-Agent": ["cli/1"] })
      assert.strictEqual(sink.status(), 200)
      const headers = upstream.received[0]?.headers
      assert.strictEqual(headers?.["x-team"], "blue, red")
      assert.strictEqual(headers?.["user-agent"], "lab/1")
      assert.strictEqual(headers?.authorization, "Bearer key-a")
      assert.strictEqual(headers?.["x-api-key"], undefined)
      assert.strictEqual(headers?.["x-bad"], undefined)
    })
  )
})

describe("request.intercept_after", () => {
  it.live("is called for each attempt with its target, and what it changes ends with the attempt (153)", () =>
    Effect.gen(function* () {
      const { ask, calls, upstream } = yield* hookedGateway(
        {
          before: interceptor({ "request.intercept_before": appending(" before") }),
          after: interceptor({
            "request.intercept_after": (request) => ({
              ...appending(` ${String((request["Metadata"] as Record<string, unknown>)["selected_auth_id"])}`)(request),
              Headers: { "X-Attempt": [String((request["Metadata"] as Record<string, unknown>)["selected_auth_id"])] }
            })
          })
        },
        ["a", "b"]
      )
      upstream.script.set("key-a", [failing(500)])
      const sink = yield* ask(hello)
      assert.strictEqual(sink.text(), completionBody("served by b"))
      assert.deepStrictEqual(
        upstream.received.map(({ body, headers }) => [contentOf(body), headers["x-attempt"]]),
        [
          ["hi before p/a", "p/a"],
          ["hi before p/b", "p/b"]
        ]
      )
      assert.strictEqual(calls("request.intercept_before", "after").length, 1)
      const attempts = calls("request.intercept_after", "after").map(({ request }) => request)
      assert.deepStrictEqual(
        attempts.map(({ ToFormat, Model, Body, Headers }) => [ToFormat, Model, contentOf(text(Body) ?? ""), Headers]),
        [
          ["openai", "upstream-model", "hi before", null],
          ["openai", "upstream-model", "hi before", null]
        ]
      )
    })
  )

  it.live("that terminates ends the whole execution: no other credential is tried, none is blamed (154)", () =>
    Effect.gen(function* () {
      let terminate = true
      const { ask, calls, upstream } = yield* hookedGateway(
        {
          gate: interceptor({
            "request.intercept_after": () => ({ Terminate: terminate, StatusCode: 418, ResponseBody: base64("no") })
          })
        },
        ["a", "b"],
        { requestRetry: 3, maxRetryIntervalMs: 1_000 }
      )
      const sink = yield* ask(hello)
      assert.deepStrictEqual([sink.status(), sink.text()], [418, "no"])
      assert.strictEqual(upstream.received.length, 0)
      assert.strictEqual(calls("request.intercept_after").length, 1)
      terminate = false
      const served = [(yield* ask(hello)).text(), (yield* ask(hello)).text()]
      assert.deepStrictEqual(new Set(served), new Set([completionBody("served by a"), completionBody("served by b")]))
    })
  )

  it.live("can clear headers for plugins after it, but not for the provider", () =>
    Effect.gen(function* () {
      const { ask, calls, upstream } = yield* hookedGateway({
        one: interceptor({
          "request.intercept_before": () => ({ Headers: { "X-Team": ["blue"] } }),
          "request.intercept_after": () => ({ ClearHeaders: ["X-Team"] })
        }),
        two: interceptor({})
      })
      yield* ask(hello)
      assert.strictEqual(calls("request.intercept_after", "two")[0]?.request["Headers"], null)
      assert.strictEqual(upstream.received[0]?.headers["x-team"], "blue")
    })
  )
})
