import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { providerHints } from "../src/index.ts"

const now = Date.parse("2026-03-01T00:00:00Z")
const second = 1_000
const minute = 60 * second

describe("when to come back", () => {
  it.each([
    ["Retry-After in seconds", { "retry-after": "30" }, 30 * second],
    ["Retry-After as a date", { "Retry-After": "Sun, 01 Mar 2026 00:01:00 GMT" }, minute],
    ["retry-after-ms before Retry-After", { "retry-after-ms": "250", "retry-after": "9" }, 250],
    [
      "OpenAI's limit that is used up, not the other one",
      {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "6m0s",
        "x-ratelimit-remaining-tokens": "12",
        "x-ratelimit-reset-tokens": "1h"
      },
      6 * minute
    ],
    [
      "Anthropic's later one of two that are used up",
      {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-03-01T00:00:10Z",
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": "2026-03-01T01:00:20+01:00"
      },
      20 * second
    ],
    [
      "a subscription's limit in seconds since the epoch",
      {
        "anthropic-ratelimit-unified-status": "rejected",
        "anthropic-ratelimit-unified-reset": String(now / 1_000 + 60)
      },
      minute
    ],
    ["milliseconds since the epoch", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now + 5_000) }, 5_000],
    ["seconds from now", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "7" }, 7 * second]
  ])("is read from %s", (_, headers, expected) => {
    expect(providerHints({ status: 429, headers }, now).retryAtMs).toBe(now + expected)
  })

  it("is read from Google's RetryInfo, also in the list that a stream's error is", () => {
    const error = {
      code: 429,
      status: "RESOURCE_EXHAUSTED",
      details: [
        { "@type": "type.googleapis.com/google.rpc.Help", links: [] },
        { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "22.5s" }
      ]
    }
    for (const body of [{ error }, [{ error }]]) {
      expect(providerHints({ status: 429, headers: {}, body }, now).retryAtMs).toBe(now + 22_500)
    }
  })

  it("is read from the error of an OpenAI subscription", () => {
    const inSeconds = { error: { type: "usage_limit_reached", resets_in_seconds: 90 } }
    const at = { error: { type: "usage_limit_reached", resets_at: now / 1_000 + 90 } }
    for (const body of [inSeconds, at]) {
      expect(providerHints({ status: 429, headers: {}, body }, now)).toEqual({
        retryAtMs: now + 90 * second,
        scope: "account"
      })
    }
  })

  it("is nothing for a success, and for limits that are not used up", () => {
    const headers = { "x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "1s" }
    expect(providerHints({ status: 429, headers }, now)).not.toHaveProperty("retryAtMs")
    expect(providerHints({ status: 200, headers: { "retry-after": "5" } }, now)).toEqual({})
    expect(providerHints({ status: 503, headers: {}, body: "busy" }, now)).toEqual({})
  })
})

const quotaFailure = (...ids: ReadonlyArray<string>) => ({
  error: {
    details: [
      {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        violations: ids.map((quotaId) => ({ quotaId }))
      }
    ]
  }
})

describe("what a limit covers", () => {
  it.each([
    ["a Google limit per model", quotaFailure("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), "model"],
    ["a Google limit per project", quotaFailure("GenerateRequestsPerMinutePerProject"), "credential"],
    ["an OpenAI account without money", { error: { code: "insufficient_quota" } }, "account"],
    ["a body that says nothing", { error: { message: "slow down" } }, undefined]
  ])("is told by %s", (_, body, scope) => {
    expect(providerHints({ status: 429, headers: {}, body }, now).scope).toBe(scope)
    expect(providerHints({ status: 503, headers: {}, body }, now).scope).toBeUndefined()
  })
})

describe("what is left of a quota", () => {
  it("is that of the limit nearest to being used up, also for a success", () => {
    const headers = {
      "x-ratelimit-limit-requests": "100",
      "x-ratelimit-remaining-requests": "90",
      "x-ratelimit-reset-requests": "1s",
      "x-ratelimit-limit-tokens": "1000",
      "x-ratelimit-remaining-tokens": "10",
      "x-ratelimit-reset-tokens": "30s"
    }
    expect(providerHints({ status: 200, headers }, now).quota).toEqual({ resetAt: now + 30 * second, remaining: 10 })
  })

  it("is unknown for a reset that has passed or cannot be read", () => {
    for (const reset of ["0", "2026-02-01T00:00:00Z", "soon", "2026-99-99T00:00:00Z", "-5"]) {
      const headers = { "x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": reset }
      expect(providerHints({ status: 200, headers }, now)).toEqual({})
    }
  })
})

describe("hints", () => {
  it("never throw nor give a time that is no number, whatever a provider sends", () => {
    const name = fc.constantFrom(
      "retry-after",
      "retry-after-ms",
      "x-ratelimit-reset-requests",
      "x-ratelimit-remaining-requests",
      "anthropic-ratelimit-unified-reset",
      "anthropic-ratelimit-unified-status"
    )
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom("0", "1e999", "99999999999999999999", "1h1h", "rejected", "2026-03-01T")
    )
    const body = fc.oneof(
      fc.anything(),
      fc.record({
        error: fc.oneof(fc.anything(), fc.record({ details: fc.array(fc.anything()), resets_at: fc.anything() }))
      })
    )
    fc.assert(
      fc.property(fc.dictionary(name, text), body, fc.constantFrom(200, 400, 429, 503), (headers, sent, status) => {
        const { quota, retryAtMs = 0 } = providerHints({ status, headers, body: sent }, now)
        expect(Number.isNaN(retryAtMs) || Number.isNaN(quota?.resetAt ?? 0)).toBe(false)
      }),
      { seed: 60, numRuns: 2_000 }
    )
  })
})
