import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import { makeCredentialPools } from "../../src/credentials/credential-pools.ts"
import { makeModelRegistry } from "../../src/models/model-registry.ts"
import { claudeKey } from "../gateway-settings.ts"

const registry = makeModelRegistry([claudeKey("https://claude.test", "a"), claudeKey("https://claude.test", "b")], 0)

const routeOf = (name: string, from = registry) => Result.getOrThrow(from.find(name))

const limited = { modelLimits: [{ model: "claude-*", maxInFlight: 1 }] }

describe("the pool of a model that is served without being listed", () => {
  it("has a bound of its own when its name has one, also where names share their pool else", () => {
    const pools = makeCredentialPools()
    const madeUp = (name: string) => Result.getOrThrow(registry.findAt("claude", name))
    pools.apply(registry, {})
    assert.strictEqual(pools.poolOf(madeUp("x")), pools.poolOf(madeUp("y")))
    pools.apply(registry, limited)
    const [one, two] = [pools.poolOf(routeOf("claude-one")), pools.poolOf(routeOf("claude-two"))]
    pools.acquire(routeOf("claude-one"), one, "claude/a", 0)
    assert.isUndefined(one.pick("round-robin", { now: 0 }))
    assert.isDefined(two.pick("round-robin", { now: 0 }))
    const atOne = madeUp("claude-one")
    assert.isUndefined(pools.poolOf(atOne).pick("round-robin", { now: 0 }), "it is the same model")
    assert.isDefined(pools.poolOf(madeUp("gpt")).pick("round-robin", { now: 0 }))
  })

  it("is kept from one request to the next, and over a reload that still serves the model", () => {
    const pools = makeCredentialPools()
    pools.apply(registry, {})
    const pool = pools.poolOf(routeOf("claude-x"))
    const reloaded = makeModelRegistry([claudeKey("https://claude.test", "b")], 0)
    assert.strictEqual(pools.poolOf(routeOf("claude-x(high)")), pool)
    pools.apply(reloaded, {})
    assert.strictEqual(pools.poolOf(routeOf("claude-x", reloaded)), pool)
    assert.deepStrictEqual(
      Array.from(pool.candidates(), ({ id }) => id),
      ["claude/b"]
    )
    pools.apply(makeModelRegistry([], 0), {})
    assert.notStrictEqual(pools.poolOf(routeOf("claude-x")), pool)
  })

  it("leaves no rest behind without end, when every made-up name is one that the provider does not have", () => {
    const pools = makeCredentialPools()
    pools.apply(registry, {})
    const names = 20_000
    for (let n = 0; n < names; n++) {
      const route = routeOf(`claude-${n}`)
      const use = pools.acquire(route, pools.poolOf(route), n % 2 === 0 ? "claude/a" : "claude/b", n)
      use?.ended({ _tag: "Refused", status: 404 }, n)
      use?.release(n)
    }
    const remembered = ["claude/a", "claude/b"].map((id) => {
      let count = 0
      for (let n = 0; n < names; n++) if (pools.ledger.get(id, `claude-${n}`) !== undefined) count++
      return count
    })
    // Of the 512 names whose pools are kept, and of 256 more for each credential.
    assert.deepStrictEqual(remembered, [512, 512])
    assert.isDefined(pools.ledger.get("claude/b", `claude-${names - 1}`))
    for (const { models } of pools.ledger.snapshot()) assert.isAtMost(Object.keys(models).length, 256)
  })

  it("is given up for those that were asked for later, since clients can make up names without end", () => {
    const pools = makeCredentialPools()
    pools.apply(registry, {})
    const first = pools.poolOf(routeOf("claude-first"))
    const second = pools.poolOf(routeOf("claude-second"))
    for (let n = 0; n < 510; n++) pools.poolOf(routeOf(`claude-${n}`))
    assert.strictEqual(pools.poolOf(routeOf("claude-first")), first, "512 are kept, and a use makes one young again")
    pools.poolOf(routeOf("claude-one-more"))
    assert.strictEqual(pools.poolOf(routeOf("claude-first")), first)
    assert.notStrictEqual(pools.poolOf(routeOf("claude-second")), second)
  })
})
