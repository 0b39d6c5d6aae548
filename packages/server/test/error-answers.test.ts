import {
  type GatewayError,
  InvalidRequest,
  NoCredential,
  SchedulerRefused,
  UpstreamFailed,
  UpstreamUnreachable
} from "@cliproxy/pipeline"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"

import { startEvents } from "./scripted-gateway.ts"
import { chat, jsonOf, textOf, withServer } from "./with-server.ts"

interface Expected {
  readonly status: number
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string | null
  }
  readonly retryAfter?: string
}

const upstream = (status: number, rest: Partial<ConstructorParameters<typeof UpstreamFailed>[0]> = {}) =>
  new UpstreamFailed({ message: "m", status, type: null, code: null, param: null, ...rest })

const error = (type: string, code: string | null, param: string | null = null) => ({ message: "m", type, param, code })

const cases: ReadonlyArray<readonly [string, GatewayError, Expected]> = [
  [
    "an unknown model",
    new InvalidRequest({ message: "m", status: 404, code: "model_not_found", param: "model" }),
    { status: 404, error: error("invalid_request_error", "model_not_found", "model") }
  ],
  [
    "a missing field",
    new InvalidRequest({ message: "m", status: 400, code: null, param: "messages" }),
    { status: 400, error: error("invalid_request_error", null, "messages") }
  ],
  [
    "cooling credentials, with the wait rounded up to seconds",
    new NoCredential({ message: "m", status: 429, code: "all_credentials_cooling", retryAfterMs: 1201 }),
    { status: 429, error: error("rate_limit_error", "all_credentials_cooling"), retryAfter: "2" }
  ],
  [
    "no credential at all",
    new NoCredential({ message: "m", status: 503, code: "no_credential" }),
    { status: 503, error: error("server_error", "no_credential") }
  ],
  ["upstream 401", upstream(401), { status: 401, error: error("authentication_error", "invalid_api_key") }],
  ["upstream 403", upstream(403), { status: 403, error: error("permission_error", "insufficient_quota") }],
  ["upstream 404", upstream(404), { status: 404, error: error("invalid_request_error", "model_not_found") }],
  [
    "upstream 429 with a hint",
    upstream(429, { retryAfterMs: 30_000 }),
    { status: 429, error: error("rate_limit_error", "rate_limit_exceeded"), retryAfter: "30" }
  ],
  ["upstream 500", upstream(500), { status: 500, error: error("server_error", "internal_server_error") }],
  ["upstream 529", upstream(529), { status: 529, error: error("server_error", "internal_server_error") }],
  ["upstream 422", upstream(422), { status: 422, error: error("invalid_request_error", null) }],
  [
    "an upstream error with its own type, code and field",
    upstream(400, { type: "image_error", code: "too_big", param: "messages[0]" }),
    { status: 400, error: error("image_error", "too_big", "messages[0]") }
  ],
  [
    "an upstream status that is no error",
    upstream(204),
    { status: 502, error: error("server_error", "internal_server_error") }
  ],
  [
    "an upstream that cannot be reached",
    new UpstreamUnreachable({ message: "m", midStream: false }),
    { status: 502, error: error("server_error", "upstream_unreachable") }
  ],
  [
    "a refusal by the scheduler plugin",
    new SchedulerRefused({ message: "m", status: 403, code: "scheduler_denied" }),
    { status: 403, error: error("permission_error", "scheduler_denied") }
  ],
  [
    "a refusal without a code",
    new SchedulerRefused({ message: "m", status: 500, code: "" }),
    { status: 500, error: error("server_error", "internal_server_error") }
  ]
]

describe("error answers", () => {
  for (const [name, failure, expected] of cases) {
    it.live(`${name} has its status, type and code`, () =>
      Effect.gen(function* () {
        const server = yield* withServer(() => Effect.fail(failure))
        const response = yield* chat(server, {})
        assert.strictEqual(response.status, expected.status)
        assert.strictEqual(response.headers.get("retry-after"), expected.retryAfter ?? null)
        assert.match(response.headers.get("content-type") ?? "", /^application\/json/)
        assert.deepStrictEqual(yield* jsonOf(response), { error: expected.error })
      })
    )
  }

  it.live("a defect is a 500 that tells nothing but where to look, and the log has the rest", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const server = yield* withServer(() => Effect.die(new Error("the inner secret")), { log })
      const response = yield* chat(server, {})
      const id = response.headers.get("x-request-id") ?? ""
      const body = yield* textOf(response)
      assert.strictEqual(response.status, 500)
      assert.include(body, id)
      assert.notInclude(body, "secret")
      const line = log.find((entry) => entry.includes("level=ERROR")) ?? ""
      assert.include(line, "the inner secret")
      assert.include(line, id)
    })
  )

  it.live("a header that cannot be sent is a defect like any other, and the client gets its 500", () =>
    Effect.gen(function* () {
      const server = yield* withServer((_request, sink) => Effect.sync(() => sink.start(200, { "x-bad": "a\nb" })))
      const response = yield* chat(server, {})
      assert.strictEqual(response.status, 500)
      assert.nestedPropertyVal(yield* jsonOf(response), "error.code", "internal_server_error")
    })
  )

  it.live("a gateway that ends without an answer is a 500, not a hanging client", () =>
    Effect.gen(function* () {
      const server = yield* withServer(() => Effect.void)
      assert.strictEqual((yield* chat(server, {})).status, 500)
    })
  )

  const cut = new UpstreamUnreachable({ message: "the provider's connection broke", midStream: true })
  const cutEvent = `data: ${JSON.stringify({
    error: {
      message: "the provider's connection broke",
      type: "server_error",
      param: null,
      code: "upstream_connection_lost"
    }
  })}\n\n`

  it.live("an error in an event stream is an event of its own, without [DONE]", () =>
    Effect.gen(function* () {
      const server = yield* withServer((_request, sink) =>
        Effect.andThen(startEvents(sink, `data: {"a":1}\n\n`), Effect.fail(cut))
      )
      const response = yield* chat(server, {})
      assert.strictEqual(response.status, 200)
      assert.strictEqual(yield* textOf(response), `data: {"a":1}\n\n${cutEvent}`)
    })
  )

  it.live("an error event never lands inside an event that was cut", () =>
    Effect.gen(function* () {
      const missing = { "data: {}\n": "\n", "data: {}": "\n\n", "data: {}\r\n": "\n", "data: {}\r\n\r\n": "" }
      for (const [sent, gap] of Object.entries(missing)) {
        const server = yield* withServer((_request, sink) => Effect.andThen(startEvents(sink, sent), Effect.fail(cut)))
        assert.strictEqual(yield* textOf(yield* chat(server, {})), `${sent}${gap}${cutEvent}`)
      }
    })
  )

  it.live("an error in a whole answer that has begun cuts the connection", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const server = yield* withServer((_request, sink) =>
        Effect.andThen(
          Effect.sync(() => {
            sink.start(200, { "content-type": "application/json" })
            sink.write(Buffer.from(`{"half":`))
          }),
          Effect.andThen(Deferred.await(begun), Effect.fail(cut))
        )
      )
      const response = yield* chat(server, {})
      yield* Deferred.succeed(begun, undefined)
      const read = yield* Effect.exit(Effect.tryPromise(() => response.text()))
      assert.strictEqual(read._tag, "Failure")
    })
  )
})
