import { assert, describe, it } from "@effect/vitest"
import { makePool } from "@cliproxy/scheduler"
import { Effect, Exit } from "effect"
import * as fc from "fast-check"

import type { RequestRecord, StepRecord, TracedExecution } from "../../src/decision-trace/request-record.ts"
import { addStep, makeRecord, weightOf } from "../../src/decision-trace/request-record.ts"
import { lookAt, referTo } from "../../src/decision-trace/look.ts"
import { makeRequestTraces } from "../../src/decision-trace/request-traces.ts"
import { shortMessage } from "../../src/decision-trace/short-message.ts"
import { beginTimeSpent } from "../../src/decision-trace/time-spent.ts"

const execution = (id: string): TracedExecution => ({
  id,
  traceId: id,
  request: {},
  sourceFormat: "openai",
  model: "m",
  requestedModel: "m",
  stream: false,
  operation: "generate",
  startedAt: 0,
  spent: beginTimeSpent(0)
})

const step = (attempt: number, message?: string): StepRecord => ({
  attempt,
  round: 1,
  model: "m",
  waitedMs: 0,
  startedAt: 0,
  pool: referTo(makePool([])),
  strategy: "round-robin",
  candidate: undefined,
  chosenBy: undefined,
  unusedAnswer: undefined,
  upstreamModel: "m",
  look: undefined,
  refusal: undefined,
  result: "failed",
  durationMs: 1,
  firstEventMs: undefined,
  status: 500,
  message,
  cooldown: undefined
})

const limit = 10_000

describe("what is kept of requests", () => {
  it.effect("is the last ones that ended and all that run, the newest first", () =>
    Effect.gen(function* () {
      const traces = makeRequestTraces({ maxRequests: 3, maxBytes: 1_000_000 })
      const records = new Map<string, RequestRecord>()
      for (const id of ["a", "b", "c", "d", "e", "f"]) records.set(id, traces.begin(execution(id)))
      const end = (id: string) => {
        const record = records.get(id)
        return record === undefined ? Effect.void : traces.end(record, Exit.void, 1)
      }
      for (const id of ["b", "a", "c", "e"]) yield* end(id)
      assert.deepStrictEqual(
        traces.list({ limit }).map(({ id }) => id),
        ["f", "d", "e", "c", "a"]
      )
      assert.strictEqual(traces.running(), 2)
      assert.isUndefined(traces.find("b", 0))
      assert.strictEqual(traces.find("a", 0)?.id, "a")
      assert.strictEqual(traces.find("f", 0)?.id, "f")
    })
  )

  it.effect("never takes more than its bytes, whatever the requests were like", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(fc.nat({ max: 200 }), { maxLength: 80 }), { maxLength: 60 }),
          async (requests) => {
            const maxBytes = 40_000
            const traces = makeRequestTraces({ maxRequests: 20, maxBytes })
            const weights = new Map<string, number>()
            const all = Effect.forEach(requests, (messages, index) => {
              const record = traces.begin(execution(String(index)))
              for (const [at, length] of messages.entries()) addStep(record, step(at + 1, "x".repeat(length)))
              weights.set(record.id, weightOf(record))
              return traces.end(record, Exit.void, 1)
            })
            await Effect.runPromise(all)
            const kept = traces.list({ limit })
            const bytes = kept.reduce((sum, { id }) => sum + (weights.get(id) ?? 0), 0)
            assert.isAtMost(bytes, maxBytes)
            assert.isAtMost(kept.length, 20)
            // Those that are kept are the last ones, without a gap but for those that are too large alone.
            const fitting = requests.map((_, index) => String(index)).filter((id) => (weights.get(id) ?? 0) <= maxBytes)
            assert.deepStrictEqual(
              kept.map(({ id }) => id),
              fitting.slice(fitting.length - kept.length).toReversed()
            )
          }
        ),
        { numRuns: 50 }
      )
    )
  )

  it("has names of models that are not longer than names are", () => {
    const record = makeRecord({ ...execution("a"), requestedModel: "m".repeat(1_000_000) })
    assert.strictEqual(record.requestedModel, `${"m".repeat(200)}…`)
    assert.isBelow(weightOf(record), 2_000)
  })

  it("leaves the middle of very many attempts out, and says how many", () => {
    const record = makeRecord(execution("a"))
    for (let attempt = 1; attempt <= 200; attempt++) addStep(record, step(attempt))
    const numbers = record.steps.map(({ attempt }) => attempt)
    assert.deepStrictEqual(numbers.slice(0, 3), [1, 2, 3])
    assert.strictEqual(numbers.at(-1), 200)
    assert.strictEqual(record.omitted + numbers.length, 200)
  })
})

describe("a look at candidates", () => {
  it("still says who was chosen when their model is gone", () => {
    const candidate = { id: "p/a", provider: "p", priority: 3, disabled: false, attributes: {} }
    const chosenBy = { _tag: "Builtin", strategy: "fill-first" } as const
    const gone = { ...step(1), candidate, chosenBy, pool: { deref: () => undefined } }
    assert.deepStrictEqual(lookAt(gone, 9), {
      at: 0,
      strategy: "fill-first",
      chosen: { id: "p/a", tier: 3, by: chosenBy },
      total: 0,
      candidates: []
    })
  })
})

describe("a message in a trace", () => {
  it("is one short line", () => {
    const message = shortMessage(`first\n\u001b[31msecond\r\n${"long ".repeat(1_000)}`)
    assert.isAtMost(message.length, 200)
    assert.match(message, /^first \[31msecond long/)
  })

  for (const text of [
    "Incorrect API key provided: sk-proj-abcdefghijkl.",
    "bad header Authorization: Bearer abcdefghijkl",
    "GET https://api.example/v1?key=abcdefghijkl&alt=sse failed",
    `{"api_key": "abcdefghijkl", "x": 1}`,
    "key AIzaSyabcdefghijklabcdefghijkl is not valid",
    "cannot connect to http://user:abcdefghijkl@proxy.example",
    "token eyJhbGciOiJIUzI1NiJ9.abcdefghijkl.abcdefghijkl expired"
  ]) {
    it(`has no key in it: ${text.slice(0, 24)}...`, () => assert.notInclude(shortMessage(text), "abcdefghijkl"))
  }

  it("says what it said where there is no key", () => {
    const text =
      "The model `m` is overloaded: 12 of 40 tokens per minute. Request 9f1c2a77-0b1e-4a4e-9d9d-1f2e3d4c5b6a."
    assert.strictEqual(shortMessage(text), text)
  })
})
