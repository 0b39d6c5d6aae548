import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { first, operator, refuse, second, secrets, tieredProxy } from "./tiered-proxy.ts"

/** The samples of a text in Prometheus' format, by name and labels as they are written. Throws for what is none. */
const samplesOf = (text: string): ReadonlyMap<string, number> => {
  assert.isTrue(text.endsWith("\n"))
  const types = new Map<string, string>()
  const samples = new Map<string, number>()
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("# HELP ")) continue
    const [, typed = "", type = ""] = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line) ?? []
    if (typed !== "") {
      assert.isFalse(types.has(typed), line)
      types.set(typed, type)
      continue
    }
    const [, name = "", labels = "", value = ""] =
      /^(\w+)(\{(?:\w+="(?:[^"\\\n]|\\[\\n"])*",?)*\})? ([-+.\deInfNa]+)$/.exec(line) ?? []
    assert.notStrictEqual(name, "", line)
    const family = name.replace(/_(?:bucket|sum|count)$/, "")
    assert.isTrue(types.has(name) || types.get(family) === "histogram", line)
    assert.isFalse(samples.has(name + labels), line)
    samples.set(name + labels, Number(value))
  }
  return samples
}

describe("GET /metrics", () => {
  it.live("counts requests and attempts, and says what runs and rests, in the format of Prometheus", () =>
    Effect.gen(function* () {
      const { ask, proxy } = yield* tieredProxy({
        [first]: refuse(429, { "retry-after": "60" }),
        [second]: refuse(500)
      })
      yield* ask()
      yield* ask({ model: "nobody-has-it" })
      yield* ask({ model: 'nor-"this\\' })
      const scrape = (key: string) =>
        Effect.promise(async () => {
          const response = await fetch(`${proxy.url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
          return { status: response.status, type: response.headers.get("content-type"), text: await response.text() }
        })
      const { text, type } = yield* scrape(operator)
      assert.strictEqual(type, "text/plain; version=0.0.4; charset=utf-8")
      const samples = samplesOf(text)
      const values = [
        [`cliproxy_requests_total{protocol="openai",model="demo",status="200"}`, 1],
        // Names that clients make up are no labels.
        [`cliproxy_requests_total{protocol="openai",model="",status="404"}`, 2],
        [`cliproxy_attempts_total{credential="main/one",status="429"}`, 1],
        [`cliproxy_attempts_total{credential="main/two",status="500"}`, 1],
        [`cliproxy_attempts_total{credential="spare/three",status="ok"}`, 1],
        [`cliproxy_requests_in_flight`, 0],
        [`cliproxy_credential_in_flight{credential="main/one"}`, 0],
        [`cliproxy_credential_resting_models{credential="main/one"}`, 1],
        [`cliproxy_credential_resting_models{credential="spare/three"}`, 0],
        [`cliproxy_request_duration_seconds_count`, 3],
        [`cliproxy_request_duration_seconds_bucket{le="+Inf"}`, 3],
        [`cliproxy_until_first_attempt_seconds_count`, 1],
        [`cliproxy_first_event_seconds_count`, 1],
        [`cliproxy_overhead_seconds_count`, 3]
      ] as const
      for (const [name, value] of values) assert.strictEqual(samples.get(name), value, name)
      const buckets = [...samples].filter(([name]) => name.startsWith("cliproxy_request_duration_seconds_bucket"))
      const counts = buckets.map(([, value]) => value)
      assert.deepStrictEqual(
        counts,
        counts.toSorted((a, b) => a - b)
      )
      for (const secret of [...secrets, operator]) assert.notInclude(text, secret)
      assert.strictEqual((yield* scrape("wrong")).status, 401)
      for (const path of ["/metrics", "/v0/management/credentials"]) {
        const headers = { authorization: `Bearer ${operator}` }
        const head = yield* Effect.promise(() => fetch(`${proxy.url}${path}`, { method: "HEAD", headers }))
        assert.strictEqual(head.status, 200, path)
        assert.isAbove(Number(head.headers.get("content-length")), 0, path)
      }
    })
  )
})
