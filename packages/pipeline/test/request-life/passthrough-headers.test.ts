import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { completionBody, eventStream, json, streaming } from "../scripted-provider.ts"
import { hookedGateway } from "./hooked-gateway.ts"

const whole = json(200, completionBody("hi"), {
  "x-ratelimit-remaining-requests": "9",
  "set-cookie": "a=b",
  "x-litellm-key": "1",
  "access-control-allow-origin": "*"
})
/** A plugin that makes this of every whole answer. */
const interceptor = (answer: object) => ({
  capabilities: { response_interceptor: true },
  answers: { "response.intercept_after": () => answer }
})
const hello = { model: "m", messages: [] }
const on = { passthroughHeaders: true }

describe("the headers of an upstream", () => {
  it.live("stay with the gateway unless they are to be passed on", () =>
    Effect.gen(function* () {
      const { ask, upstream } = yield* hookedGateway({})
      upstream.script.set("key-a", [whole])
      assert.deepStrictEqual(Object.keys((yield* ask(hello)).headers() ?? {}), ["content-type", "content-length"])
    })
  )

  it.live("reach the client when they are, but for those that nobody may have", () =>
    Effect.gen(function* () {
      const { ask, upstream } = yield* hookedGateway({}, ["a"], on)
      upstream.script.set("key-a", [whole, streaming([eventStream(["a"])])])
      const headers = (yield* ask(hello)).headers() ?? {}
      assert.strictEqual(headers["X-Ratelimit-Remaining-Requests"], "9")
      assert.strictEqual(headers["content-type"], "application/json")
      const names = Object.keys(headers).map((name) => name.toLowerCase())
      for (const name of ["set-cookie", "x-litellm-key", "access-control-allow-origin", "transfer-encoding"]) {
        assert.notInclude(names, name)
      }
      assert.strictEqual(names.filter((name) => name === "content-length").length, 1)
      const streamed = yield* ask({ ...hello, stream: true })
      assert.strictEqual(streamed.headers()?.["X-Provider-Secret"], "1")
      assert.strictEqual(streamed.text(), eventStream(["a"]))
    })
  )

  it.live("reach the client as interceptors left them", () =>
    Effect.gen(function* () {
      const plugin = interceptor({ Headers: { "X-New": ["1"] }, ClearHeaders: ["X-Ratelimit-Remaining-Requests"] })
      const { ask, upstream } = yield* hookedGateway({ one: plugin }, ["a"], on)
      upstream.script.set("key-a", [
        json(200, completionBody("hi"), { "x-ratelimit-remaining-requests": "9", "x-b": "2" })
      ])
      const headers = (yield* ask(hello)).headers() ?? {}
      assert.deepInclude(headers, { "X-New": "1", "X-B": "2" })
      assert.notProperty(headers, "X-Ratelimit-Remaining-Requests")
    })
  )
})

describe("response.intercept_after", () => {
  it.live("sees counts of tokens, too", () =>
    Effect.gen(function* () {
      const plugin = interceptor({ Headers: { "X-Seen": ["1"] } })
      const { calls, configured, gateway } = yield* hookedGateway({ one: plugin })
      assert.isAbove(configured.providers.length, 0)
      const body = { model: "m", messages: [{ role: "user", content: "hello there" }] }
      const sent: Array<string> = []
      let headers: Readonly<Record<string, string>> = {}
      yield* gateway.countTokens(
        {
          id: "r",
          path: "/v1/messages/count_tokens",
          protocol: "claude",
          headers: {},
          body: Buffer.from(JSON.stringify(body)),
          json: body
        },
        {
          start: (_, given) => {
            headers = given
          },
          write: (chunk) => sent.push(Buffer.from(chunk).toString()) > 0,
          onWritable: (resume) => resume(),
          end: () => {},
          started: () => false
        }
      )
      assert.isAbove(JSON.parse(sent.join("")).input_tokens, 1)
      assert.strictEqual(headers["X-Seen"], "1")
      assert.strictEqual(calls("response.intercept_after").length, 1)
    })
  )
})
