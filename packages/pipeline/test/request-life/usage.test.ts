import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"

import { usageOfEvents, usageOfWhole } from "../../src/request-life/usage-numbers.ts"
import { refused } from "../plugin-double.ts"
import { failing, hang, json, resetBeforeHeaders, streaming } from "../scripted-provider.ts"
import { type HookedGateway, hookedGateway } from "./hooked-gateway.ts"

const observer = (answer: (request: Record<string, unknown>) => unknown = () => ({})) => ({
  capabilities: { usage_plugin: true },
  answers: { "usage.handle": answer }
})

const hello = { model: "m", messages: [] }
const usage = {
  prompt_tokens: 11,
  completion_tokens: 7,
  total_tokens: 18,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 3 }
}
const detail = {
  InputTokens: 11,
  OutputTokens: 7,
  ReasoningTokens: 3,
  CachedTokens: 4,
  CacheReadTokens: 0,
  CacheCreationTokens: 0,
  TotalTokens: 18
}
const answer = JSON.stringify({
  model: "real-model",
  service_tier: "flex",
  choices: [{ finish_reason: "stop" }],
  usage
})

const records = Effect.fnUntraced(function* ({ calls }: HookedGateway, count: number) {
  while (calls("usage.handle").length < count) yield* Effect.sleep(2)
  yield* Effect.sleep(10)
  return calls("usage.handle").map(({ request }) => request)
})

describe("usage.handle", () => {
  it.live("gets one record for an attempt, with durations in nanoseconds and Generate true (174)", () =>
    Effect.gen(function* () {
      const hooked = yield* hookedGateway({ one: observer() })
      hooked.upstream.script.set("key-a", [
        (response) =>
          setTimeout(() => json(200, answer, { "x-request-id": "u-9", "x-other": "1" })(response, null!), 20)
      ])
      yield* hooked.ask({ ...hello, reasoning_effort: "low", service_tier: "flex" })
      const [record, ...more] = yield* records(hooked, 1)
      assert.deepStrictEqual(more, [])
      assert.deepInclude(record, {
        Provider: "p",
        ExecutorType: "openai-compatible",
        Model: "upstream-model",
        Alias: "m",
        APIKey: "",
        AuthID: "p/a",
        AuthType: "apikey",
        Source: "a",
        ReasoningEffort: "low",
        ServiceTier: "flex",
        Generate: true,
        Failed: false,
        Failure: { StatusCode: 0, Body: "" },
        Detail: detail,
        ResponseHeaders: { "x-request-id": ["u-9"] },
        ResponseModel: "real-model",
        ResponseServiceTier: "flex",
        BaseURL: hooked.upstream.baseUrl,
        Stream: false
      })
      const [latency, ttft] = [Number(record?.["Latency"]), Number(record?.["TTFT"])]
      assert.isTrue(Number.isInteger(latency) && latency >= 15_000_000, String(latency))
      assert.isTrue(Number.isInteger(ttft) && ttft >= 15_000_000 && ttft <= latency, String(ttft))
      assert.match(String(record?.["RequestedAt"]), /^20\d\d-.*Z$/)
      assert.notInclude(JSON.stringify(record), "key-a")
    })
  )

  it.live("reads the usage of a stream from the event that has one, wherever the bytes were cut", () =>
    Effect.gen(function* () {
      const hooked = yield* hookedGateway({ one: observer() })
      const events = [`{"choices":[{"finish_reason":"stop"}],"usage":null}`, answer, "[DONE]"]
      const bytes = Buffer.from(events.map((data) => `data: ${data}\n\n`).join(""))
      hooked.upstream.script.set("key-a", [streaming([...bytes].map((byte) => Buffer.from([byte])))])
      const sink = yield* hooked.ask({ ...hello, stream: true })
      assert.strictEqual(sink.text(), bytes.toString())
      const [record] = yield* records(hooked, 1)
      assert.deepInclude(record, { Detail: detail, Stream: true, Failed: false })
    })
  )

  it.live("gets a record for each attempt, also for those that failed, with the failure in plain text (174)", () =>
    Effect.gen(function* () {
      const hooked = yield* hookedGateway({ one: observer() }, ["a", "b", "c"])
      hooked.upstream.script.set("key-a", [failing(500, "out of luck")])
      hooked.upstream.script.set("key-b", [resetBeforeHeaders])
      yield* hooked.ask(hello)
      const sent = yield* records(hooked, 3)
      assert.deepStrictEqual(
        sent.map(({ AuthID, Failed, Failure }) => [AuthID, Failed, Failure]),
        [
          ["p/a", true, { StatusCode: 500, Body: "out of luck" }],
          ["p/b", true, { StatusCode: 0, Body: "The provider closed the connection before its answer was complete." }],
          ["p/c", false, { StatusCode: 0, Body: "" }]
        ]
      )
    })
  )

  it.live("gets a record for a client that has gone", () =>
    Effect.gen(function* () {
      const hooked = yield* hookedGateway({ one: observer() })
      hooked.upstream.script.set("key-a", [hang])
      const fiber = yield* Effect.forkChild(hooked.ask(hello))
      while (hooked.upstream.received.length === 0) yield* Effect.sleep(2)
      yield* Fiber.interrupt(fiber)
      const [record] = yield* records(hooked, 1)
      assert.deepInclude(record, { Failed: true, Failure: { StatusCode: 499, Body: "the client has gone" } })
    })
  )

  it.live("delays no client by a slow plugin or a failing one: records are delivered in turn (175)", () =>
    Effect.gen(function* () {
      const release = Deferred.makeUnsafe<void>()
      const hooked = yield* hookedGateway({
        slow: observer(() => Effect.as(Deferred.await(release), {})),
        failing: observer(() => refused("x", "no")),
        other: observer()
      })
      for (let i = 0; i < 3; i++) assert.isTrue((yield* hooked.ask(hello)).ended())
      yield* records(hooked, 1)
      assert.strictEqual(hooked.calls("usage.handle").length, 1)
      yield* Deferred.succeed(release, undefined)
      yield* records(hooked, 9)
      assert.deepStrictEqual(
        hooked.calls("usage.handle").map(({ path }) => path),
        Array.from({ length: 3 }, () => ["/plugins/slow.so", "/plugins/failing.so", "/plugins/other.so"]).flat()
      )
    })
  )

  it.live("drops records beyond a thousand that wait, and no client notices", () =>
    Effect.gen(function* () {
      const release = Deferred.makeUnsafe<void>()
      const hooked = yield* hookedGateway({ slow: observer(() => Effect.as(Deferred.await(release), {})) })
      yield* Effect.forEach(Array.from({ length: 1_010 }), () => hooked.ask(hello), { concurrency: 20, discard: true })
      yield* Deferred.succeed(release, undefined)
      assert.strictEqual((yield* records(hooked, 1_001)).length, 1_001)
    })
  )
})

describe("the usage in an answer", () => {
  for (const [name, text, expected] of [
    ["without any", `{"choices":[]}`, [0, 0, 0]],
    ["that is null", `{"usage":null}`, [0, 0, 0]],
    ["that is no JSON", `{"usage":`, [0, 0, 0]],
    ["in the names of the Responses API", `{"usage":{"input_tokens":2,"output_tokens":3}}`, [2, 3, 5]],
    ["with numbers that are none", `{"usage":{"prompt_tokens":-1,"completion_tokens":1.5,"x":1}}`, [0, 0, 0]],
    ["without a total", `{"usage":{"prompt_tokens":1,"completion_tokens":1}}`, [1, 1, 2]]
  ] as const) {
    it(`${name} is ${JSON.stringify(expected)}`, () => {
      const { InputTokens, OutputTokens, TotalTokens } = usageOfWhole("openai", text).detail
      assert.deepStrictEqual([InputTokens, OutputTokens, TotalTokens], [...expected])
    })
  }

  it("of Claude keeps what the cache gave and took apart from the input, and is read from both ends of a stream", () => {
    const usage = { input_tokens: 10, cache_read_input_tokens: 30, cache_creation_input_tokens: 2, output_tokens: 1 }
    const started = JSON.stringify({ type: "message_start", message: { id: "m", model: "claude", usage } })
    const ended = `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}`
    const expected = {
      InputTokens: 10,
      OutputTokens: 7,
      ReasoningTokens: 0,
      CachedTokens: 30,
      CacheReadTokens: 30,
      CacheCreationTokens: 2,
      TotalTokens: 17
    }
    const read = usageOfEvents("claude", [started, ended])
    assert.deepStrictEqual(read.detail, expected)
    assert.strictEqual(read.model, "claude")
    const whole = { type: "message", model: "claude", content: [], usage: { ...usage, output_tokens: 7 } }
    assert.deepStrictEqual(usageOfWhole("claude", JSON.stringify(whole)).detail, expected)
  })

  it("of Gemini keeps thoughts apart from the output", () => {
    const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 3, thoughtsTokenCount: 4, totalTokenCount: 12 }
    const { detail } = usageOfWhole("gemini", JSON.stringify({ candidates: [], usageMetadata }))
    assert.deepInclude(detail, { InputTokens: 5, OutputTokens: 3, ReasoningTokens: 4, TotalTokens: 12 })
  })

  it("of OpenAI Responses is that of the response in its last event", () => {
    const event = { type: "response.completed", response: { model: "m", usage: { input_tokens: 4, output_tokens: 6 } } }
    const read = usageOfEvents("openai-response", [JSON.stringify(event)])
    assert.deepInclude(read.detail, { InputTokens: 4, OutputTokens: 6, TotalTokens: 10 })
    assert.strictEqual(read.model, "m")
  })
})
