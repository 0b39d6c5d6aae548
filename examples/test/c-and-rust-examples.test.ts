import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { assertMatches } from "./assert-matches.ts"
import { base64, example, fromBase64, openExample, skipReason } from "./open-example.ts"

const rustSkipped = skipReason(example("model-router", "rust"))

describe("the examples in C", () => {
  it.live("scheduler spreads requests over all candidates", () =>
    Effect.gen(function* () {
      const plugin = yield* openExample(example("scheduler", "c"))
      const Candidates = ["a", 'b "quoted" é', "c"].map((ID) => ({ Attributes: { ID: "wrong" }, ID }))
      const chosen = new Set<unknown>()
      for (let pick = 0; pick < 200; pick++) {
        const { AuthID } = (yield* plugin.call("scheduler.pick", { Candidates })) as { AuthID: string }
        chosen.add(AuthID)
      }
      assert.deepStrictEqual(
        [...chosen].map(String).toSorted((a, b) => (a < b ? -1 : 1)),
        ["a", 'b "quoted" é', "c"]
      )
    })
  )

  it.live("frontend-auth knows one token", () =>
    Effect.gen(function* () {
      const plugin = yield* openExample(example("frontend-auth", "c"), "token: 's3cret'\nprincipal: \"alice\" # me")
      const ask = (token: string) => plugin.call("frontend_auth.authenticate", { Headers: { "X-Token": [token] } })
      assert.deepStrictEqual(yield* ask("s3cret"), { Authenticated: true, Principal: "alice" })
      for (const wrong of ["", "s3cre", "s3crets", "s3crets3cret", "S3CRET"]) {
        assert.deepStrictEqual(yield* ask(wrong), { Authenticated: false })
      }
      yield* plugin.configure("principal: x")
      assert.deepStrictEqual(yield* ask(""), { Authenticated: false })
    })
  )

  it.live("request-interceptor turns away what is too large", () =>
    Effect.gen(function* () {
      const plugin = yield* openExample(example("request-interceptor", "c"), "max_bytes: 4")
      assert.deepStrictEqual(yield* plugin.call("request.intercept_before", { Body: base64("1234") }), {})
      const answer = (yield* plugin.call("request.intercept_before", { Body: base64("12345") })) as {
        ResponseBody: string
      }
      assertMatches(answer, { Terminate: true, StatusCode: 413 })
      assertMatches(fromBase64(answer.ResponseBody), {
        error: { message: "the body has 5 bytes, this gateway takes 4" }
      })
      assertMatches(yield* Effect.flip(plugin.configure("max_bytes: 5k")), { code: "invalid_config" })
    })
  )

  it.live("response-interceptor adds the size of the body and writes any model name as JSON", () =>
    Effect.gen(function* () {
      const plugin = yield* openExample(example("response-interceptor", "c"))
      const Model = 'm"\\\n\u0001😀'
      assert.deepStrictEqual(yield* plugin.call("response.intercept_after", { Model, Body: base64("12345") }), {
        ClearHeaders: ["Server"],
        Headers: { "X-Answer-Bytes": ["5"], "X-Model": [Model] }
      })
    })
  )

  it.live("usage adds up by client", () =>
    Effect.gen(function* () {
      const plugin = yield* openExample(example("usage", "c"))
      const record = (APIKey: string, tokens: number) =>
        plugin.call("usage.handle", { APIKey, Detail: { InputTokens: tokens, OutputTokens: 1 } })
      for (const [client, tokens] of [
        ["a", 2],
        ["b", 5],
        ["a", 3]
      ] as const)
        yield* record(client, tokens)
      assert.deepStrictEqual(plugin.hostCalls.at(-1), {
        method: "host.log",
        request: { level: "info", message: "usage: 2 requests, 0 failed, 5 tokens in, 2 tokens out" }
      })
    })
  )
})

describe.skipIf(rustSkipped !== "")(`the examples in Rust${rustSkipped}`, () => {
  it.live("model-router sends models by the beginning of their names", () =>
    Effect.gen(function* () {
      const plugin = yield* openExample(example("model-router", "rust"), "routes: claude-=Claude, gpt-=codex")
      const route = (RequestedModel: string) =>
        plugin.call("model.route", { RequestedModel, AvailableProviders: ["claude"] })
      assertMatches(yield* route("claude-x"), { Handled: true, TargetKind: "provider", Target: "claude" })
      assert.deepStrictEqual(yield* route("gpt-x"), { Handled: false })
      assertMatches(yield* Effect.flip(plugin.configure("routes: claude")), { code: "invalid_config" })
    })
  )

  it.live("request-normalizer fills in a temperature and keeps every other field as it was", () =>
    Effect.gen(function* () {
      const plugin = yield* openExample(example("request-normalizer", "rust"), "temperature: 0.2")
      const body = { big: 12345678901234567890n.toString(), text: 'é😀\n"', list: [1, null, true] }
      const answer = (yield* plugin.call("request.normalize", { Body: base64(body) })) as { Body: string }
      assert.deepStrictEqual(fromBase64(answer.Body), { ...body, temperature: 0.2 })
      const named = yield* plugin.call("request.normalize", { Body: base64({ temperature: 1 }) })
      assert.deepStrictEqual(named, { Body: null })
    })
  )
})
