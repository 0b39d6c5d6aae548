import { assert, describe, it } from "@effect/vitest"

import { providerPauseMs } from "../src/provider-pause.ts"

const now = Date.parse("2026-01-01T00:00:00Z")

describe("the pause that a provider asks for", () => {
  for (const [name, status, headers, pause] of [
    ["milliseconds come first", 429, { "retry-after-ms": "250", "retry-after": "9" }, 250],
    ["seconds", 503, { "retry-after": "9" }, 9_000],
    ["a date", 429, { "retry-after": "Thu, 01 Jan 2026 00:01:00 GMT" }, 60_000],
    [
      "the longer of two exhausted limits",
      429,
      {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "6m0s"
      },
      360_000
    ],
    [
      "not that of a limit with something left",
      429,
      {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "120ms",
        "x-ratelimit-remaining-tokens": "5",
        "x-ratelimit-reset-tokens": "6m0s"
      },
      120
    ],
    [
      "limits say nothing about other statuses",
      500,
      { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1s" },
      undefined
    ],
    ["nothing", 429, {}, undefined],
    [
      "nonsense",
      429,
      { "retry-after": "soon", "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1 week" },
      undefined
    ]
  ] as const) {
    it(name, () => assert.strictEqual(providerPauseMs(status, headers, now), pause))
  }
})
