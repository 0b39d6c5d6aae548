import { makePool, type Pool } from "@cliproxy/scheduler"
import { assert, describe, it } from "vitest"

import { credentialRest } from "../../src/credential-files/credential-rest.ts"

interface Route {
  readonly targets: ReadonlyMap<string, unknown>
  readonly pool: Pool
}

/** A route that serves with these credentials, of which some rest until a time. */
const route = (rests: Readonly<Record<string, number | undefined>>): Route => {
  const pool = makePool(
    Object.keys(rests).map((id) => ({ id, provider: "lab", priority: 0, disabled: false, attributes: {} }))
  )
  for (const [id, until] of Object.entries(rests)) {
    if (until !== undefined) pool.block(id, { until, reason: "rate-limited" })
  }
  return { targets: new Map(Object.keys(rests).map((id) => [id, {}])), pool }
}

const restOf = (...routes: ReadonlyArray<Route>) =>
  credentialRest<Route>(
    () => routes,
    ({ pool }) => pool
  )

describe("a credential", () => {
  it("rests when it does so for every model, until the first of them may be tried again", () => {
    const rest = restOf(route({ a: 5000, b: undefined }), route({ a: 3000 }), route({ b: 9000 }))
    assert.strictEqual(rest("a", 1000), 3000)
    assert.isUndefined(rest("b", 1000))
  })

  it("does not rest any more when a rest has ended", () => {
    const rest = restOf(route({ a: 5000 }), route({ a: 3000 }))
    assert.isUndefined(rest("a", 3000))
  })

  it("that serves nothing does not rest", () => {
    assert.isUndefined(restOf(route({ b: 9000 }))("a", 0))
  })

  it("may rest without end", () => {
    assert.strictEqual(restOf(route({ a: Infinity }))("a", 0), Infinity)
  })
})
