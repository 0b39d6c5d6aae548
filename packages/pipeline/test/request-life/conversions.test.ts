import type { PluginMethod } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { convertRequest } from "../../src/request-life/convert-request.ts"
import { convertEnd, convertResponse } from "../../src/request-life/convert-response.ts"
import type { CallHook } from "../../src/request-life/hook-calls.ts"
import { type RequestHooks, requestHooks } from "../../src/request-life/request-hooks.ts"
import { refused } from "../plugin-double.ts"
import { streaming } from "../scripted-provider.ts"
import { base64, hookedGateway, text } from "./hooked-gateway.ts"

/** A plugin that exists as its name; what it answers depends on the method. `undefined` is a failure. */
const plugin = (id: string) => ({ id }) as RequestHooks["usage"][number]

/** Hooks that answer `<body>+<id>`, unless `answers` has something else for `<id> <method>`. */
const scripted = (answers: Record<string, string | undefined> = {}) => {
  const seen: Array<string> = []
  const callHook = ((call: Parameters<CallHook>[0] & { plugin: { id: string }; contract: { method: PluginMethod } }) =>
    Effect.sync(() => {
      const request = call.request("") as { Body: Uint8Array }
      const body = Buffer.from(request.Body).toString()
      const key = `${call.plugin.id} ${call.contract.method}`
      seen.push(`${key} ${body}`)
      const answer = key in answers ? answers[key] : `${body}+${call.plugin.id}`
      return answer === undefined ? undefined : { Body: Buffer.from(answer) }
    })) as CallHook
  return { callHook, seen }
}

const twoFrames = {
  push: (frame: Buffer) => [Buffer.from(`1${frame.toString()}`), Buffer.from(`2${frame.toString()}`)],
  end: () => [Buffer.from("last")]
}
const none = requestHooks([])
const request = { fromFormat: "openai", toFormat: "lab", model: "m", stream: false, body: Buffer.from("body") }

describe("the conversion of a request", () => {
  it.effect("with a translator of the host asks normalizers after it, and no translators (169)", () =>
    Effect.gen(function* () {
      const { callHook, seen } = scripted()
      const hooks = { ...none, requestNormalizers: [plugin("a"), plugin("b")], requestTranslators: [plugin("t")] }
      const converted = yield* convertRequest(callHook, 1, hooks, { ...request, translated: true })
      assert.strictEqual(converted.toString(), "body+a+b")
      assert.deepStrictEqual(seen, ["a request.normalize body", "b request.normalize body+a"])
    })
  )

  it.effect("without one asks normalizers first, then translators until one gives a body (170)", () =>
    Effect.gen(function* () {
      const { callHook, seen } = scripted({
        "failing request.translate": undefined,
        "empty request.translate": "",
        "good request.translate": "translated"
      })
      const hooks = {
        ...none,
        requestNormalizers: [plugin("a")],
        requestTranslators: ["failing", "empty", "good", "late"].map(plugin)
      }
      const converted = yield* convertRequest(callHook, 1, hooks, { ...request, translated: false })
      assert.strictEqual(converted.toString(), "translated")
      assert.deepStrictEqual(seen, [
        "a request.normalize body",
        "failing request.translate body+a",
        "empty request.translate body+a",
        "good request.translate body+a"
      ])
    })
  )

  it.effect("keeps the body of who fails, gives nothing, or is not there (172)", () =>
    Effect.gen(function* () {
      const { callHook } = scripted({ "a request.normalize": undefined, "b request.normalize": "" })
      const hooks = { ...none, requestNormalizers: [plugin("a"), plugin("b"), plugin("c")] }
      const converted = yield* convertRequest(callHook, 1, hooks, { ...request, translated: false })
      assert.strictEqual(converted.toString(), "body+c")
      const alone = yield* convertRequest(callHook, 1, none, { ...request, translated: false })
      assert.strictEqual(alone.toString(), "body")
    })
  )
})

const response = {
  fromFormat: "lab",
  toFormat: "openai",
  model: "m",
  stream: true,
  originalRequest: Buffer.from("o"),
  translatedRequest: Buffer.from("t")
}
const all = {
  ...none,
  responseBefore: [plugin("b1"), plugin("b2")],
  responseTranslators: [plugin("t1"), plugin("t2")],
  responseAfter: [plugin("a1"), plugin("a2")]
}

describe("the conversion of a response", () => {
  it.effect("runs the ones before, the host's translator, and the ones after for each frame it gave (171)", () =>
    Effect.gen(function* () {
      const { callHook } = scripted()
      const frames = yield* convertResponse(callHook, 1, all, { ...response, native: twoFrames }, Buffer.from("f"))
      assert.deepStrictEqual(frames.map(String), ["1f+b1+b2+a1+a2", "2f+b1+b2+a1+a2"])
    })
  )

  it.effect("runs the ones after for what the host's translator has left at the end", () =>
    Effect.gen(function* () {
      const { callHook } = scripted()
      const frames = yield* convertEnd(callHook, 1, all, { ...response, native: twoFrames })
      assert.deepStrictEqual(frames.map(String), ["last+a1+a2"])
      assert.deepStrictEqual(yield* convertEnd(callHook, 1, all, { ...response, native: undefined }), [])
    })
  )

  it.effect("gives no frame where the host's translator gives none", () =>
    Effect.gen(function* () {
      const { callHook } = scripted()
      const frames = yield* convertResponse(
        callHook,
        1,
        all,
        { ...response, native: { push: () => [], end: () => [] } },
        Buffer.from("f")
      )
      assert.deepStrictEqual(frames, [])
    })
  )

  it.effect("asks translators of plugins where the host has none, and goes on as it is without any", () =>
    Effect.gen(function* () {
      const { callHook } = scripted({ "t1 response.translate": undefined, "t2 response.translate": "T" })
      const frames = yield* convertResponse(callHook, 1, all, { ...response, native: undefined }, Buffer.from("f"))
      assert.deepStrictEqual(frames.map(String), ["T+a1+a2"])
      const raw = yield* convertResponse(callHook, 1, none, { ...response, native: undefined }, Buffer.from("f"))
      assert.deepStrictEqual(raw.map(String), ["f"])
    })
  )

  it.effect("keeps bodies through failures and empty answers (172)", () =>
    Effect.gen(function* () {
      const { callHook } = scripted({
        "b1 response.normalize_before": undefined,
        "b2 response.normalize_before": "",
        "t1 response.translate": "",
        "t2 response.translate": undefined,
        "a1 response.normalize_after": undefined,
        "a2 response.normalize_after": ""
      })
      const frames = yield* convertResponse(callHook, 1, all, { ...response, native: undefined }, Buffer.from("f"))
      assert.deepStrictEqual(frames.map(String), ["f"])
    })
  )
})

const appending =
  (field: string) =>
  ({ Body, Stream }: Record<string, unknown>) => ({
    Body: Buffer.from((text(Body) ?? "").replace(/\}$/, `,"${field}":${String(Stream)}}`)).toString("base64")
  })

describe("an exchange in one protocol", () => {
  it.live("is normalised all the same: the request, and a whole answer before and after", () =>
    Effect.gen(function* () {
      const { ask, calls, upstream } = yield* hookedGateway({
        one: {
          capabilities: {
            request_normalizer: true,
            request_translator: true,
            response_before_translator: true,
            response_after_translator: true,
            response_translator: true
          },
          answers: {
            "request.normalize": appending("n"),
            "response.normalize_before": appending("before"),
            "response.normalize_after": appending("after")
          }
        },
        failing: {
          capabilities: { request_normalizer: true, response_after_translator: true },
          answers: { "request.normalize": () => refused("x", "no"), "response.normalize_after": () => ({ Body: null }) }
        }
      })
      const sink = yield* ask({ model: "m(high)" })
      assert.strictEqual(upstream.received[0]?.body, `{"model":"upstream-model","reasoning_effort":"high","n":false}`)
      assert.match(sink.text(), /,"before":false,"after":false\}$/)
      assert.strictEqual(sink.headers()?.["content-length"], String(sink.bytes()))
      const [normalize] = calls("request.normalize").map(({ request }) => request)
      assert.deepInclude(normalize, {
        FromFormat: "openai",
        ToFormat: "openai",
        Model: "upstream-model",
        Stream: false,
        Body: base64(`{"model":"upstream-model","reasoning_effort":"high"}`)
      })
      const [before] = calls("response.normalize_before").map(({ request }) => request)
      assert.strictEqual(text(before?.["OriginalRequest"]), `{"model":"m(high)"}`)
      assert.strictEqual(
        text(before?.["TranslatedRequest"]),
        `{"model":"upstream-model","reasoning_effort":"high","n":false}`
      )
      assert.strictEqual(calls("request.translate").length + calls("response.translate").length, 0)
    })
  )

  it.live("is normalised frame by frame in a stream: a line of the upstream before, a bare object after (171)", () =>
    Effect.gen(function* () {
      const { ask, calls, upstream } = yield* hookedGateway({
        one: {
          capabilities: { response_before_translator: true, response_after_translator: true },
          answers: { "response.normalize_before": appending("before"), "response.normalize_after": appending("after") }
        }
      })
      upstream.script.set("key-a", [
        streaming([`data: {"choices":[{"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`])
      ])
      const sink = yield* ask({ model: "m", stream: true })
      assert.strictEqual(
        sink.text(),
        `data: {"choices":[{"delta":{"content":"hi"},"finish_reason":"stop"}],"before":true,"after":true}\n\ndata: [DONE]\n\n`
      )
      assert.deepStrictEqual(
        calls().map(({ method, request }) => [method, text(request["Body"])]),
        [
          ["response.normalize_before", `data: {"choices":[{"delta":{"content":"hi"},"finish_reason":"stop"}]}`],
          ["response.normalize_after", `{"choices":[{"delta":{"content":"hi"},"finish_reason":"stop"}],"before":true}`]
        ]
      )
    })
  )
})
