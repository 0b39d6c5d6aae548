import { assert, describe, it } from "@effect/vitest"

import { formatProblem } from "../../src/config/config-problem.ts"
import { decodeConfig } from "../../src/config/decode-config.ts"

/** A provider that is right, to put before what is looked at: six lines. */
const provider = `openai-compatibility:
  - name: p
    base-url: https://api.example/v1
    api-key-entries: [{api-key: k-123}]
    models: [{name: a}, {name: b}, {name: c}]

`

const gatewayOf = (text: string) => {
  const { config, problems } = decodeConfig(provider + text, "/srv")
  assert.deepStrictEqual(problems, [])
  return config?.gateway
}

const linesOf = (text: string) =>
  decodeConfig(provider + text, "/srv").problems.map((problem) => formatProblem("f", problem))

describe("routing", () => {
  it("may say all that it can", () => {
    const gateway = gatewayOf(`routing:
  strategy: soonest-reset
  queue-limit: 5
  queue-wait-seconds: 7
  model-limits:
    - {model: a, max-in-flight: 2}
    - model: "gpt-*"
      max-in-flight: 20
  max-ejected-percent: 60
  session-affinity: true
  session-affinity-ttl: 1h30m
  fallbacks:
    a: [b, c]
    b: [c]
`)
    assert.strictEqual(gateway?.strategy, "soonest-reset")
    assert.deepStrictEqual(gateway?.queue, { limit: 5, waitMs: 7_000 })
    assert.strictEqual(gateway?.maxEjectedPercent, 60)
    assert.deepStrictEqual(gateway?.modelLimits, [
      { model: "a", maxInFlight: 2 },
      { model: "gpt-*", maxInFlight: 20 }
    ])
    assert.deepStrictEqual(gateway?.sessionAffinity, { ttlMs: 5_400_000 })
    assert.deepStrictEqual(
      gateway?.fallbacks,
      new Map([
        ["a", ["b", "c"]],
        ["b", ["c"]]
      ])
    )
  })

  it("keeps sessions for an hour unless it says otherwise, and not at all unless it is asked to", () => {
    assert.deepStrictEqual(gatewayOf("routing: {session-affinity: true}\n")?.sessionAffinity, { ttlMs: 3_600_000 })
    assert.isUndefined(gatewayOf("routing: {session-affinity-ttl: 5m}\n")?.sessionAffinity)
  })

  for (const [written, ms] of [
    ["90", 90_000],
    ["45s", 45_000],
    ["1.5h", 5_400_000],
    ["1h0m30s", 3_630_000],
    ["2500ms", 2_500]
  ] as const) {
    it(`reads ${written} as a length of time`, () => {
      const gateway = gatewayOf(`routing: {session-affinity: true, session-affinity-ttl: ${written}}\n`)
      assert.deepStrictEqual(gateway?.sessionAffinity, { ttlMs: ms })
    })
  }

  for (const [name, text, expected] of [
    [
      "a length of time that is none",
      "routing:\n  session-affinity-ttl: an hour\n",
      ["f:8:25: error: routing.session-affinity-ttl: expected a length of time such as 1h, 30m or 45s"]
    ],
    [
      "a limit that is none",
      "routing:\n  model-limits: [{model: a, max-in-flight: 0}, {max-in-flight: 1}, {model: a}]\n",
      [
        "f:8:44: error: routing.model-limits[0].max-in-flight: expected a whole number from 1 to 1000000",
        "f:8:48: error: routing.model-limits[1].model: is missing; it is required",
        "f:8:68: error: routing.model-limits[2].max-in-flight: is missing; it is required"
      ]
    ],
    [
      "a share that is none",
      "routing:\n  max-ejected-percent: 101\n",
      ["f:8:24: error: routing.max-ejected-percent: expected a whole number from 0 to 100"]
    ],
    [
      "a length of time out of range",
      "routing:\n  session-affinity-ttl: 400d\n",
      ["f:8:25: error: routing.session-affinity-ttl: expected a length of time from 1 to 2592000 seconds"]
    ],
    [
      "models that stand in for each other",
      "routing:\n  fallbacks:\n    a: [b]\n    b: [c]\n    c: [a]\n",
      [
        "f:9:5: error: routing.fallbacks.a: leads back to itself (a -> b -> c -> a); a request would go round for ever",
        "f:9:5: error: routing.fallbacks.b: leads back to itself (b -> c -> a -> b); a request would go round for ever",
        "f:9:5: error: routing.fallbacks.c: leads back to itself (c -> a -> b -> c); a request would go round for ever"
      ]
    ],
    [
      "a model that stands in for itself, and one that is named twice",
      "routing:\n  fallbacks:\n    a: [a]\n    b: [c, c]\n",
      [
        "f:9:5: error: routing.fallbacks.a: leads back to itself (a -> a); a request would go round for ever",
        "f:9:5: error: routing.fallbacks.b: names a model twice"
      ]
    ],
    [
      "a limit that is none",
      "routing: {queue-limit: -1, queue-wait-seconds: 4000}\n",
      [
        "f:7:24: error: routing.queue-limit: expected a whole number from 0 to 1000000",
        "f:7:48: error: routing.queue-wait-seconds: expected a whole number from 0 to 3600"
      ]
    ]
  ] as const) {
    it(`gets line, column and what is wrong with ${name}`, () => assert.deepStrictEqual(linesOf(text), [...expected]))
  }
})

describe("models of which each has all lesser ones to stand in", () => {
  it("are read in steps as many as there are names, not as there are ways through them", () => {
    const names = Array.from({ length: 60 }, (_, index) => `m${index}`)
    const lists = names.slice(0, -1).map((name, index) => `    ${name}: [${names.slice(index + 1).join(", ")}]`)
    const { config, problems } = decodeConfig(`demo: true\nrouting:\n  fallbacks:\n${lists.join("\n")}\n`, "/")
    assert.deepStrictEqual(problems, [])
    assert.strictEqual(config?.gateway.fallbacks?.size, 59)
  })
})

describe("failures", () => {
  it("may be told how they are taken, for all providers and for one", () => {
    const { config, problems } = decodeConfig(
      `disable-cooling: true
transient-error-cooldown-seconds: -1
request-scoped-errors:
  - {status: 400, match: billing, action: continue-and-cooldown}
  - {match-regexr: "(?i)^no more", action: stop}
openai-compatibility:
  - name: p
    base-url: https://api.example/v1
    disable-cooling: false
    request-retry: 3
    deadlines: {connect: 5, first-byte: 120, idle: 60}
    request-scoped-errors: [{status: 418, action: continue}]
    api-key-entries: [{api-key: k-123, max-in-flight: 4, max-in-flight-per-model: 2}]
    models: [{name: m}]
`,
      "/srv"
    )
    assert.deepStrictEqual(problems, [])
    const { disableCooling, errorRules, transientCooldownMs } = config?.gateway ?? {}
    assert.deepStrictEqual([disableCooling, transientCooldownMs], [true, -1000])
    assert.deepStrictEqual(errorRules, [
      { status: 400, match: "billing", action: "continue-and-cooldown" },
      { pattern: /^no more/i, action: "stop" }
    ])
    const [one] = config?.gateway.providers ?? []
    assert.deepInclude(one, { disableCooling: false, requestRetry: 3 })
    assert.deepStrictEqual(one?.deadlines, { startMs: 5_000, firstByteMs: 120_000, idleMs: 60_000 })
    assert.deepStrictEqual(one?.errorRules, [{ status: 418, action: "continue" }])
    assert.deepStrictEqual(one?.keys, [{ apiKey: "k-123", maxInFlight: 4, maxInFlightPerModel: 2 }])
  })

  for (const [name, text, expected] of [
    [
      "a rule without an action",
      "request-scoped-errors: [{status: 400}]\n",
      ["f:7:25: error: request-scoped-errors[0].action: is missing; it is required"]
    ],
    [
      "an action that nobody knows",
      "request-scoped-errors: [{action: retry}]\n",
      [
        "f:7:34: error: request-scoped-errors[0].action: expected one of stop, stop-and-cooldown, continue, continue-and-cooldown"
      ]
    ],
    [
      "a status of no error, and a pattern that is none",
      'request-scoped-errors: [{status: 200, match-regexr: "(", action: stop}]\n',
      [
        "f:7:34: error: request-scoped-errors[0].status: expected a whole number from 400 to 599",
        "f:7:53: error: request-scoped-errors[0].match-regexr: is not a regular expression that JavaScript knows"
      ]
    ],
    [
      "a deadline out of range",
      "claude-api-key:\n  - api-key: c-1\n    deadlines: {connect: 0, first-bytes: 3}\n",
      [
        "f:9:26: error: claude-api-key[0].deadlines.connect: expected a whole number from 1 to 60",
        `f:9:29: error: claude-api-key[0].deadlines.first-bytes: is not a known key; did you mean "first-byte"?`
      ]
    ],
    [
      "a limit of no request at once",
      "claude-api-key: [{api-key: c-1, max-in-flight: 0}]\n",
      ["f:7:48: error: claude-api-key[0].max-in-flight: expected a whole number from 1 to 1000000"]
    ]
  ] as const) {
    it(`gets line, column and what is wrong with ${name}`, () => assert.deepStrictEqual(linesOf(text), [...expected]))
  }
})
