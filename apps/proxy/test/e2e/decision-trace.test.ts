import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { chat, textOf, until } from "../run-proxy.ts"
import { type Answer, at, client, first, type Json, part, refuse, second, third, tieredProxy } from "./tiered-proxy.ts"
import { chunk, complete } from "./upstream.ts"

describe("the trace of a request", () => {
  it.live("says why each credential was picked or not, what each attempt came to, and which rest it led to", () =>
    Effect.gen(function* () {
      const { ask, assertNoSecrets, manage, proxy } = yield* tieredProxy({
        [first]: refuse(429, { "retry-after": "40" }),
        [second]: refuse(500)
      })
      const { id, response } = yield* ask()
      assert.strictEqual(response.status, 200)
      const { json: trace } = yield* manage("GET", `requests/${id}`)
      assert.deepInclude(trace, {
        id,
        requested_model: "demo",
        model: "demo",
        protocol: "openai",
        operation: "generate",
        stream: false,
        attempts: 3,
        credential: "spare/three",
        result: "succeeded",
        status: 200
      })
      assert.match(String(trace["caller"]), /^key:[0-9a-f]{12}$/)
      const attempts = trace["attempts_made"] as ReadonlyArray<Json>
      assert.deepStrictEqual(
        attempts.map(({ attempt, credential, model, provider, result, round, status, upstream_model }) => [
          attempt,
          round,
          credential,
          provider,
          model,
          upstream_model,
          result,
          status
        ]),
        [
          [1, 1, "main/one", "main", "demo", "up-m", "failed", 429],
          [2, 1, "main/two", "main", "demo", "up-m", "failed", 500],
          [3, 1, "spare/three", "spare", "demo", "up-m", "ok", null]
        ]
      )
      assert.deepInclude(part(attempts[0], "cooldown"), { reason: "rate-limited", scope: "model", status: 429 })
      assert.strictEqual(attempts[2]?.["cooldown"], null)
      assert.include(String(attempts[0]?.["message"]), "[redacted]")
      for (const { duration_ms: took } of attempts) assert.isAtLeast(took as number, 0)
      assert.isAtLeast(attempts[2]?.["first_event_ms"] as number, 0)

      const picks = trace["picks"] as ReadonlyArray<Json>
      const excluded = picks.map(({ candidates }) =>
        (candidates as ReadonlyArray<Json>).map(({ credential, excluded: why }) => [
          credential,
          at(why, "reason") ?? "available"
        ])
      )
      assert.deepStrictEqual(excluded, [
        [
          ["main/one", "available"],
          ["main/two", "available"],
          ["spare/three", "lower-tier"]
        ],
        [
          ["main/one", "tried"],
          ["main/two", "available"],
          ["spare/three", "lower-tier"]
        ],
        [
          ["main/one", "tried"],
          ["main/two", "tried"],
          ["spare/three", "available"]
        ]
      ])
      assert.deepStrictEqual(picks[0]?.["chosen"], {
        credential: "main/one",
        tier: 1,
        by: { strategy: "fill-first", plugin: null, affinity: false }
      })
      assert.isTrue(picks.every(({ candidates_then: then }) => then === true))

      yield* until(() => proxy.stderr().includes("request failed over"))
      const line = proxy
        .stderr()
        .split("\n")
        .find((one) => one.includes("request failed over"))
      assert.include(line, "main/one:429 main/two:500 spare/three:ok")
      assert.include(line, id)
      yield* assertNoSecrets
    })
  )

  it.live("of a request that went well at once is there too, without having been looked at", () =>
    Effect.gen(function* () {
      const { ask, manage, proxy } = yield* tieredProxy({})
      const { id } = yield* ask()
      const { json } = yield* manage("GET", `requests/${id}`)
      assert.deepInclude(json, { attempts: 1, credential: "main/one", result: "succeeded" })
      const [pick] = json["picks"] as ReadonlyArray<Json>
      assert.strictEqual(pick?.["candidates_then"], false)
      assert.lengthOf(pick?.["candidates"] as ReadonlyArray<unknown>, 3)
      assert.notInclude(proxy.stderr(), "request failed")
    })
  )

  it.live("can be seen while the request runs", () =>
    Effect.gen(function* () {
      const held: Array<() => void> = []
      const { manage, proxy } = yield* tieredProxy({
        [first]: (_seen, response) => {
          response.writeHead(200, { "content-type": "text/event-stream" }).write(chunk("a"))
          held.push(() => response.end("data: [DONE]\n\n"))
        }
      })
      const response = yield* chat(proxy, { stream: true }, { authorization: `Bearer ${client}` })
      const { json: listed } = yield* manage("GET", "requests")
      assert.lengthOf(listed["requests"] as ReadonlyArray<unknown>, 1)
      assert.deepInclude((listed["requests"] as ReadonlyArray<Json>)[0], {
        result: "running",
        credential: "main/one",
        duration_ms: null
      })
      const { json: credentials } = yield* manage("GET", "credentials")
      const one = (credentials["credentials"] as ReadonlyArray<Json>).find(({ id }) => id === "main/one")
      assert.strictEqual(one?.["in_flight"], 1)
      for (const end of held) end()
      yield* textOf(response)
    })
  )

  it.live("is found by model, credential and failure, the newest first", () =>
    Effect.gen(function* () {
      let failing = true
      const perhaps: Answer = (seen, response) => (failing ? refuse(503)(seen, response) : complete(response, "fine"))
      const { ask, manage } = yield* tieredProxy({ [first]: perhaps, [second]: perhaps, [third]: perhaps })
      const failed = yield* ask()
      assert.strictEqual(failed.response.status, 503)
      failing = false
      const unknown = yield* ask({ model: "nobody-has-it" })
      const good = yield* ask()
      const ids = (query: string) =>
        Effect.map(manage("GET", `requests?${query}`), ({ json }) =>
          (json["requests"] as ReadonlyArray<Json>).map(({ id }) => id)
        )
      assert.deepStrictEqual(yield* ids(""), [good.id, unknown.id, failed.id])
      assert.deepStrictEqual(yield* ids("failed=true"), [unknown.id, failed.id])
      assert.deepStrictEqual(yield* ids("failed=false"), [good.id])
      assert.deepStrictEqual(yield* ids("model=nobody-has-it"), [unknown.id])
      assert.deepStrictEqual(yield* ids("credential=spare/three&failed=true"), [failed.id])
      assert.deepStrictEqual(yield* ids("limit=1"), [good.id])
      assert.strictEqual((yield* manage("GET", "requests?failed=perhaps")).status, 400)
      assert.strictEqual((yield* manage("GET", "requests?limit=0")).status, 400)
      assert.strictEqual((yield* manage("GET", "requests/none")).status, 404)
    })
  )
})

describe("the response header x-cliproxy-trace", () => {
  it.live("names the credential, the attempts and who chose, also on an error, and only when it is wanted", () =>
    Effect.gen(function* () {
      const answers = { [first]: refuse(500) }
      const wanted = yield* tieredProxy(answers, "trace-header: true\n")
      const served = yield* wanted.ask()
      assert.strictEqual(served.response.headers.get("x-cliproxy-trace"), "main/two; attempts=2; strategy=fill-first")
      assert.match(
        served.response.headers.get("server-timing") ?? "",
        /^gateway;dur=\d+\.\d, (queue;dur=\d+\.\d, )?failover;dur=\d+\.\d, provider;dur=\d+\.\d$/
      )
      const unknown = yield* wanted.ask({ model: "nobody-has-it" })
      assert.strictEqual(unknown.response.headers.get("x-cliproxy-trace"), "none; attempts=0")
      yield* wanted.assertNoSecrets
      const unwanted = yield* tieredProxy(answers)
      const silent = (yield* unwanted.ask()).response.headers
      assert.isNull(silent.get("x-cliproxy-trace"))
      assert.isNull(silent.get("server-timing"))
    })
  )
})

describe("the report on credentials", () => {
  it.live("counts attempts, not requests, and says until when each rests and why", () =>
    Effect.gen(function* () {
      const { ask, assertNoSecrets, manage } = yield* tieredProxy({
        [first]: refuse(429, { "retry-after": "4000" }),
        [second]: refuse(401)
      })
      const { id } = yield* ask()
      yield* ask()
      const { json } = yield* manage("GET", "credentials")
      const [one, two, three] = json["credentials"] as ReadonlyArray<Json>
      assert.deepInclude(part(one), { id: "main/one", provider: "main", tier: 1, disabled: false, in_flight: 0 })
      assert.deepInclude(part(one, "attempts"), { succeeded: 0, failed: 1, success_rate: 0, by_status: { "429": 1 } })
      assert.deepInclude(part(one, "last_error"), { status: 429, model: "demo", request_id: id })
      const [model] = at(one, "models") as ReadonlyArray<Json>
      // By the name that its provider knows: other aliases of it rest with it.
      assert.deepInclude(part(model), { model: "up-m", state: "resting" })
      assert.deepInclude(part(model, "rest"), { reason: "rate-limited", status: 429, scope: "model" })
      const left = Date.parse(String(at(model, "rest", "until"))) - Date.now()
      assert.isTrue(left > 3_900_000 && left <= 4_000_000, `${left}`)
      assert.isBelow(Date.parse(String(at(model, "rest", "probe_at"))), Date.now() + 120_000)
      assert.deepInclude(part(two, "rest"), { reason: "rejected", status: 401, scope: "credential" })
      assert.deepInclude(part(three, "attempts"), { succeeded: 2, failed: 0, success_rate: 1, by_status: {} })
      assert.isNumber(Date.parse(String(three?.["last_success_at"])))
      yield* assertNoSecrets
    })
  )

  it.live("loses rests that are cleared: by ID, for one model, or by the index that CLIProxyAPI's clients send", () =>
    Effect.gen(function* () {
      const { ask, manage, upstream } = yield* tieredProxy({
        [first]: refuse(429, { "retry-after": "4000" }),
        [second]: refuse(401)
      })
      yield* ask()
      const served = () => upstream.seen.map(({ authorization }) => authorization?.slice("Bearer ".length))
      const askedAfter = (path: string, body?: Json) =>
        Effect.gen(function* () {
          const before = upstream.seen.length
          assert.deepStrictEqual(yield* manage("POST", path, body), { status: 200, json: { status: "ok" } })
          yield* ask()
          return served().slice(before)
        })
      assert.deepStrictEqual(yield* askedAfter("credentials/main%2Fone/clear?model=demo"), [first, third])
      assert.deepStrictEqual(yield* askedAfter("credentials/main/two/clear"), [second, third])
      const { json } = yield* manage("GET", "credentials")
      const [one] = json["credentials"] as ReadonlyArray<Json>
      assert.deepStrictEqual(yield* askedAfter("reset-quota", { auth_index: one?.["auth_index"] }), [first, third])
      assert.strictEqual((yield* manage("POST", "credentials/nobody/clear")).status, 404)
      assert.strictEqual((yield* manage("POST", "reset-quota", { auth_index: "0000" })).status, 404)
      assert.strictEqual((yield* manage("POST", "reset-quota", {})).status, 400)
    })
  )
})

describe("the explanation of a pick", () => {
  it.live("says who would be picked now and why not the others, and picks nobody", () =>
    Effect.gen(function* () {
      const { ask, assertNoSecrets, manage, upstream } = yield* tieredProxy({
        [first]: refuse(429, { "retry-after": "60" })
      })
      const before = yield* manage("GET", "explain?model=demo")
      assert.deepInclude(before.json, { model: "demo", strategy: "fill-first", scheduler_plugin: null })
      assert.strictEqual(at(before.json, "chosen", "credential"), "main/one")
      assert.lengthOf(upstream.seen, 0)
      yield* ask()
      const { json } = yield* manage("GET", "explain?model=demo")
      assert.strictEqual(at(json, "chosen", "credential"), "main/two")
      const [one, two, three] = json["candidates"] as ReadonlyArray<Json>
      assert.deepInclude(part(one, "excluded"), { reason: "cooling", because: "rate-limited", status: 429 })
      assert.isNull(two?.["excluded"])
      assert.deepStrictEqual(three?.["excluded"], { reason: "lower-tier" })
      assert.strictEqual((yield* manage("GET", "explain?model=nobody-has-it")).status, 404)
      assert.strictEqual((yield* manage("GET", "explain")).status, 400)
      yield* assertNoSecrets
    })
  )

  it.live("when everybody rests says when the first is back", () =>
    Effect.gen(function* () {
      const resting = refuse(429, { "retry-after": "100" })
      const { ask, manage } = yield* tieredProxy({ [first]: resting, [second]: resting, [third]: resting })
      yield* ask()
      const { json } = yield* manage("GET", "explain?model=demo")
      assert.isNull(json["chosen"])
      assert.isAbove(Date.parse(String(json["retry_at"])), Date.now())
    })
  )
})
