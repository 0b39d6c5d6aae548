import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, References } from "effect"

import { makeCallbackScopes } from "../../src/plugin-host/callback-scopes.ts"
import { makeHostCalls } from "../../src/plugin-host/host-calls.ts"
import { envelope } from "../plugin-double.ts"

interface Line {
  readonly level: string
  readonly message: unknown
  readonly annotations: Record<string, unknown>
}

/** Calls the host as plugin `geo` and gives the answer and what was logged. */
const call = Effect.fnUntraced(function* (method: string, request: string, scopes = makeCallbackScopes()) {
  const lines: Array<Line> = []
  const logger = Logger.make<unknown, void>(({ fiber, logLevel, message }) => {
    lines.push({
      level: logLevel,
      message: Array.isArray(message) && message.length === 1 ? message[0] : message,
      annotations: { ...fiber.getRef(References.CurrentLogAnnotations) }
    })
  })
  const answer = yield* makeHostCalls(scopes, [])
    .connect("geo")
    .handler(method, Buffer.from(request))
    .pipe(Effect.provide(Logger.layer([logger])), Effect.provideService(References.MinimumLogLevel, "All"))
  return { answer: envelope(answer), text: Buffer.from(answer).toString(), lines }
})

const failure = (message: string) => JSON.stringify({ ok: false, error: { code: "host_call_failed", message } })

describe("host.log", () => {
  it.effect("writes the line with the plugin's ID and fields", () =>
    Effect.gen(function* () {
      const { lines, text } = yield* call(
        "host.log",
        '{"level":"info","message":" slot acquired ","fields":{"in_flight":2," ":1}}'
      )
      assert.strictEqual(text, '{"ok":true,"result":{}}')
      assert.deepStrictEqual(lines, [
        { level: "Info", message: "slot acquired", annotations: { plugin: "geo", in_flight: 2 } }
      ])
    })
  )

  for (const [level, expected] of [
    ["trace", "Trace"],
    ["INFO", "Info"],
    ["Warning", "Warn"],
    ["warn", "Warn"],
    ["error", "Error"],
    ["debug", "Debug"],
    ["", "Debug"],
    ["loud", "Debug"],
    ["constructor", "Debug"],
    ["__proto__", "Debug"]
  ] as const) {
    it.effect(`reads the level ${JSON.stringify(level)} as ${expected}`, () =>
      Effect.gen(function* () {
        const { lines } = yield* call("host.log", JSON.stringify({ level }))
        assert.deepStrictEqual(
          lines.map((line) => [line.level, line.message]),
          [[expected, "plugin log"]]
        )
      })
    )
  }

  it.effect("names the request of an open scope, whatever the fields say", () =>
    Effect.gen(function* () {
      const scopes = makeCallbackScopes()
      const { id, close } = scopes.open({ plugin: "geo", request: { id: "r-7", headers: {}, query: {} } })
      const line = JSON.stringify({ host_callback_id: id, fields: { request_id: "forged" } })
      const open = yield* call("host.log", line, scopes)
      assert.deepStrictEqual(open.lines[0]?.annotations, { plugin: "geo", request_id: "r-7" })
      close()
      const closed = yield* call("host.log", JSON.stringify({ host_callback_id: id }), scopes)
      assert.deepStrictEqual(closed.lines[0]?.annotations, { plugin: "geo" })
    })
  )

  it.effect("believes the connection, not the scope, about who calls", () =>
    Effect.gen(function* () {
      const scopes = makeCallbackScopes()
      const { id } = scopes.open({ plugin: "other", request: { id: "r-8", headers: {}, query: {} } })
      const { lines } = yield* call("host.log", JSON.stringify({ host_callback_id: id }), scopes)
      assert.deepStrictEqual(lines[0]?.annotations, { plugin: "geo", request_id: "r-8" })
    })
  )

  it.effect("hides secrets, also nested ones, and lets no field pose as the plugin", () =>
    Effect.gen(function* () {
      const fields = { plugin: "other", "Api-Key": "sk-1", deep: { list: [{ refresh_token: "sk-2", ok: 1 }] } }
      const { lines } = yield* call("host.log", JSON.stringify({ message: "m", fields }))
      assert.deepStrictEqual(lines[0]?.annotations, {
        plugin: "geo",
        "Api-Key": "[redacted]",
        deep: { list: [{ refresh_token: "[redacted]", ok: 1 }] }
      })
    })
  )
})

describe("a host call that cannot be served", () => {
  for (const method of ["host.auth.list", "host.nonsense", "scheduler.pick", "", "toString"]) {
    it.effect(`is answered as unsupported: ${JSON.stringify(method)}`, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* call(method, "{}")).text, failure(`unsupported host callback ${method}`))
      })
    )
  }

  for (const request of ['{"level":1}', "nonsense", "[]", '{"fields":[]}']) {
    it.effect(`is told what is wrong with ${request}`, () =>
      Effect.gen(function* () {
        const { answer, lines } = yield* call("host.log", request)
        assert.strictEqual(answer._tag, "Failure")
        assert.match(answer._tag === "Failure" ? answer.error.message : "", /^decode host\.log request: ./)
        assert.deepStrictEqual(lines, [])
      })
    )
  }
})
