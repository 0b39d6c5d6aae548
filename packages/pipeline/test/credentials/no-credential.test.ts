import { type Candidate, decide, makeCredentialLedger, makePool, NoCandidateAvailable } from "@cliproxy/scheduler"
import { assert, describe, it } from "@effect/vitest"

import { noCredential } from "../../src/credentials/no-credential.ts"

const now = Date.parse("2026-03-01T12:00:00Z")
const request = { model: "m", providers: ["p", "q"] }

const candidate = (id: string, more: Partial<Candidate> = {}): Candidate => ({
  id,
  provider: "p",
  priority: 0,
  disabled: false,
  attributes: { api_key: "a-secret" },
  ...more
})

/** What a client is told about a pool after these statuses of its credentials; 0 for one that is ready but was tried. */
const told = (statuses: Readonly<Record<string, number>>, more: ReadonlyArray<Candidate> = []) => {
  const pool = makePool([...Object.keys(statuses).map((id) => candidate(id)), ...more])
  const ledger = makeCredentialLedger()
  ledger.attach(pool, "m")
  for (const { id, maxInFlight } of more) if (maxInFlight === 1) ledger.acquire(pool, id, now)
  for (const [id, status] of Object.entries(statuses)) {
    if (status > 0) {
      const outcome = { _tag: "Refused" as const, status, ...(status === 429 ? { retryAfterMs: 90_000 } : {}) }
      ledger.report({ id, model: "m", outcome, now })
    }
  }
  const tried = new Set(Object.keys(statuses).filter((id) => (statuses[id] ?? 0) < 1 || (statuses[id] ?? 0) >= 500))
  const decision = decide(pool, "round-robin", { now, tried })
  if (decision._tag === "Success") return assert.fail("somebody could serve")
  assert.instanceOf(decision.failure, NoCandidateAvailable)
  return noCredential(decision.failure, request, now)
}

describe("the answer when nobody can serve", () => {
  it("is 429 with the time to come back when all are rate-limited, and names each with its end", () => {
    const error = told({ a: 429, b: 429 })
    assert.deepInclude(error, { status: 429, code: "model_cooldown", retryAfterMs: 90_000 })
    assert.strictEqual(
      error.message,
      "No credential can serve `m` now (providers: p, q): of 2, 2 rate-limited. The first is back in 90 s. In detail: " +
        "a: rate-limited (HTTP 429), until 2026-03-01T12:01:30.000Z; b: rate-limited (HTTP 429), until 2026-03-01T12:01:30.000Z."
    )
  })

  it("names nobody's address of mail", () => {
    const { message } = told({ "lab-jane.doe+x@example.com.json": 429, "team/jo@example.org": 503 })
    assert.include(message, "l***@example.com.json: rate-limited")
    assert.include(message, "team/j***@example.org: ")
    assert.notMatch(message, /jane|doe|jo@/)
  })

  it("is 429 too when only limits are in the way, the providers' and our own", () => {
    const error = told({ a: 429 }, [candidate("b", { maxInFlight: 1 })])
    assert.deepInclude(error, { status: 429, code: "concurrency_limit" })
    assert.match(error.message, /1 rate-limited, 1 at capacity/)
    assert.match(error.message, /b: at its limit of 1 requests at once/)
  })

  it("is 503 when anything else is in the way, and says what", () => {
    const error = told({ a: 429, b: 401, c: 404, d: 0 }, [candidate("e", { disabled: true })])
    assert.deepInclude(error, { status: 503, code: "auth_unavailable" })
    for (const words of [
      "of 5, 1 rate-limited, 2 resting after failures, 1 already tried, 1 disabled",
      "b: refused by its provider (HTTP 401), until",
      "c: does not have this model (HTTP 404), until",
      "d: tried for this request",
      "e: disabled"
    ]) {
      assert.include(error.message, words)
    }
  })

  it("names no more than a few, says how many there are, and never a secret", () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${"long".repeat(50)}-${i}`, 429]))
    const { message } = told(many)
    assert.isBelow(message.length, 1_500)
    assert.match(message, /of 500, 500 rate-limited/)
    assert.match(message, /; and 492 more\.$/)
    assert.notInclude(message, "a-secret")
  })
})
