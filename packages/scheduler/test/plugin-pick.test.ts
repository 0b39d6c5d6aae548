import { PluginAnswerMalformed, PluginDeadlineExceeded, PluginRefused, PluginTransportFailed } from "@cliproxy/abi"
import type { PluginCallError } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { makePool, makeSessionAffinity, pickWithPlugin } from "../src/index.ts"
import type { PluginPick, Pool, SchedulerPlugin } from "../src/index.ts"
import { candidate, candidates, idsOf } from "./candidates.ts"
import { ordinaryRequest, scriptedPlugin } from "./scripted-plugin.ts"
import type { Script } from "./scripted-plugin.ts"

const abc = () => makePool([candidate("a"), candidate("b"), candidate("c")])

const tiers = () => makePool([candidate("a"), candidate("z", { priority: 5 }), candidate("b", { priority: -1 })])

const pickFrom = (pool: Pool, plugin: SchedulerPlugin | undefined, rest: Partial<PluginPick> = {}) =>
  pickWithPlugin({ pool, plugin, strategy: "fill-first", request: ordinaryRequest, now: 0, ...rest })

const answering = (script: Script, pool = abc(), rest: Partial<PluginPick> = {}) =>
  pickFrom(pool, scriptedPlugin(script), rest)

describe("a plugin's answer (plugin ABI requirements 106 to 123)", () => {
  it.effect("106: a plugin that declines is asked once and nobody else is", () =>
    Effect.gen(function* () {
      const plugin = scriptedPlugin(() => ({}))
      yield* pickFrom(abc(), plugin)
      assert.strictEqual(plugin.requests.length, 1)
    })
  )

  it.effect("107: an unhandled pick goes to the configured strategy, whatever else the answer says", () =>
    Effect.gen(function* () {
      const pool = abc()
      const plugin = scriptedPlugin(() => ({ Handled: false, AuthID: "c", DelegateBuiltin: "fill-first" }))
      const first = yield* pickFrom(pool, plugin, { strategy: "round-robin" })
      const second = yield* pickFrom(pool, plugin, { strategy: "round-robin" })
      assert.deepStrictEqual([first.candidate.id, second.candidate.id], ["a", "b"])
      assert.deepStrictEqual(first.chosenBy, { _tag: "Builtin", strategy: "round-robin" })
      assert.deepStrictEqual(first.unusedAnswer, { _tag: "Unhandled", plugin: "geo" })
    })
  )

  it.effect("108: a handled answer without content counts as unhandled", () =>
    Effect.gen(function* () {
      const decision = yield* answering(() => ({ Handled: true, AuthID: " \t", DelegateBuiltin: "\n" }))
      assert.strictEqual(decision.candidate.id, "a")
      assert.deepStrictEqual(decision.unusedAnswer, { _tag: "Blank", plugin: "geo" })
    })
  )

  it.effect("109: a credential that was not offered counts as unhandled, also next to a valid delegate", () =>
    Effect.gen(function* () {
      const pool = makePool([candidate("a"), candidate("b"), candidate("lower", { priority: -1 })])
      const plugin = scriptedPlugin(() => ({ Handled: true, AuthID: "lower", DelegateBuiltin: "round-robin" }))
      const decision = yield* pickFrom(pool, plugin)
      assert.strictEqual(decision.candidate.id, "a")
      assert.deepStrictEqual(decision.chosenBy, { _tag: "Builtin", strategy: "fill-first" })
      assert.deepStrictEqual(decision.unusedAnswer, { _tag: "UnknownCandidate", plugin: "geo", id: "lower" })
    })
  )

  it.effect("110: a credential that was offered wins over any delegate", () =>
    Effect.gen(function* () {
      for (const delegate of ["fill-first", "no such strategy"]) {
        const decision = yield* answering(() => ({ Handled: true, AuthID: "b", DelegateBuiltin: delegate }))
        assert.strictEqual(decision.candidate.id, "b")
        assert.deepStrictEqual(decision.chosenBy, { _tag: "Plugin", plugin: "geo" })
        assert.strictEqual(decision.unusedAnswer, undefined)
      }
    })
  )

  it.effect("111: white space around either text is ignored, also around a candidate's own ID", () =>
    Effect.gen(function* () {
      const byId = yield* answering(() => ({ Handled: true, AuthID: "\u0085\u3000 c\r\n" }))
      assert.strictEqual(byId.candidate.id, "c")
      const padded = makePool([candidate(" a "), candidate("b")])
      assert.strictEqual((yield* answering(() => ({ Handled: true, AuthID: "a" }), padded)).candidate.id, " a ")
      const delegated = yield* answering(() => ({ Handled: true, DelegateBuiltin: "  round-robin\n" }))
      assert.deepStrictEqual(delegated.chosenBy, { _tag: "Delegated", plugin: "geo", strategy: "round-robin" })
    })
  )

  it.effect("111: a byte-order mark is no white space", () =>
    Effect.gen(function* () {
      const decision = yield* answering(() => ({ Handled: true, AuthID: "\ufeffc" }))
      assert.deepStrictEqual(decision.unusedAnswer, { _tag: "UnknownCandidate", plugin: "geo", id: "\ufeffc" })
    })
  )

  it.effect("112: names of strategies are matched exactly", () =>
    Effect.gen(function* () {
      for (const delegate of ["Round-Robin", "FILL-FIRST", "roundrobin", "weighted-round-robin"]) {
        const decision = yield* answering(() => ({ Handled: true, DelegateBuiltin: delegate }))
        assert.deepStrictEqual(decision.unusedAnswer, { _tag: "InvalidDelegate", plugin: "geo", delegate })
        assert.strictEqual(decision.candidate.id, "a")
      }
    })
  )

  it.effect("113: fill-first picks the first by ID that was not tried", () =>
    Effect.gen(function* () {
      const decision = yield* answering(() => ({ Handled: true, DelegateBuiltin: "fill-first" }), abc(), {
        strategy: "round-robin",
        tried: new Set(["a"])
      })
      assert.strictEqual(decision.candidate.id, "b")
      assert.deepStrictEqual(decision.chosenBy, { _tag: "Delegated", plugin: "geo", strategy: "fill-first" })
    })
  )

  it.effect("113: a delegated pick that finds nobody fails without a fallback", () =>
    Effect.gen(function* () {
      const pool = abc()
      const script: Script = () => {
        // While the plugin thinks, everybody is rate-limited.
        for (const id of ["a", "b", "c"]) pool.block(id, { until: 900, reason: "rate-limited", status: 429 })
        return { Handled: true, DelegateBuiltin: "fill-first" }
      }
      const error = yield* Effect.flip(answering(script, pool))
      assert.strictEqual(error._tag, "NoCandidateAvailable")
      assert.deepInclude(error, { reason: "cooling", retryAt: 900 })
    })
  )

  it.effect("a delegated round-robin has a rotation of its own", () =>
    Effect.gen(function* () {
      const pool = abc()
      const served: Array<string> = []
      for (const delegate of ["round-robin", "", "round-robin", "", "round-robin"]) {
        const script = () => ({ Handled: delegate !== "", DelegateBuiltin: delegate })
        served.push((yield* answering(script, pool, { strategy: "round-robin" })).candidate.id)
      }
      assert.deepStrictEqual(served, ["a", "a", "b", "b", "c"])
    })
  )

  const errors: ReadonlyArray<PluginCallError> = [
    new PluginRefused({
      plugin: "geo",
      method: "scheduler.pick",
      code: "scheduler_denied",
      message: "no",
      retryable: false,
      httpStatus: 403
    }),
    new PluginRefused({ plugin: "geo", method: "scheduler.pick", code: "", message: "no", retryable: false }),
    new PluginTransportFailed({ plugin: "geo", method: "scheduler.pick", returnCode: 7, body: "" }),
    new PluginAnswerMalformed({ plugin: "geo", method: "scheduler.pick", detail: "AuthID: not text" }),
    new PluginDeadlineExceeded({ plugin: "geo", method: "scheduler.pick", deadlineMs: 10 })
  ]
  it.effect("114: an error ends the pick without a fallback and comes out unchanged, with its status or without", () =>
    Effect.gen(function* () {
      for (const expected of errors) {
        const pool = abc()
        assert.strictEqual(yield* Effect.flip(answering(() => expected, pool)), expected)
        // Nothing was picked behind the plugin's back.
        assert.strictEqual(pool.pick("round-robin", { now: 0 })?.id, "a")
      }
    })
  )

  it.effect("116: a fault of the host's own calling code falls back, and the decision carries it", () =>
    Effect.gen(function* () {
      const defect = new TypeError("broken host")
      for (const pick of [
        () => Effect.die(defect),
        () => {
          throw defect
        }
      ]) {
        const decision = yield* pickFrom(abc(), { ...scriptedPlugin(() => ({})), pick })
        assert.strictEqual(decision.candidate.id, "a")
        assert.deepStrictEqual(decision.unusedAnswer, { _tag: "HostFault", plugin: "geo", defect })
      }
    })
  )

  it.effect("122: the plugin is not called when nobody is left", () =>
    Effect.gen(function* () {
      const plugin = scriptedPlugin(() => ({ Handled: true, AuthID: "a" }))
      const pool = abc()
      pool.block("a", { until: 50, reason: "rejected", status: 401 })
      const error = yield* Effect.flip(pickFrom(pool, plugin, { tried: new Set(["b", "c"]) }))
      assert.strictEqual(error._tag, "NoCandidateAvailable")
      yield* Effect.flip(pickFrom(makePool(), plugin))
      assert.strictEqual(plugin.requests.length, 0)
    })
  )

  it.effect("123: the next attempt asks again, without the credential that failed", () =>
    Effect.gen(function* () {
      const plugin = scriptedPlugin((request) => ({ Handled: true, AuthID: request.Candidates[0]?.ID ?? "" }))
      const pool = abc()
      const tried = new Set<string>()
      for (const expected of ["a", "b", "c"]) {
        const decision = yield* pickFrom(pool, plugin, { tried })
        assert.strictEqual(decision.candidate.id, expected)
        tried.add(expected)
      }
      assert.deepStrictEqual(
        plugin.requests.map((request) => request.Candidates.map(({ ID }) => ID)),
        [["a", "b", "c"], ["b", "c"], ["c"]]
      )
    })
  )
})

/** The plugin chooses `b`, and `change` happens before its answer arrives. */
const choosingWhile = (change: (pool: Pool) => void) => {
  const pool = abc()
  return answering(() => {
    change(pool)
    return { Handled: true, AuthID: "b" }
  }, pool)
}

describe("what later schemas added", () => {
  it.effect(
    "a plugin that schedules across priorities is shown all tiers, the highest first, and may choose in any",
    () =>
      Effect.gen(function* () {
        const plugin = { ...scriptedPlugin(() => ({ Handled: true, AuthID: "b" })), acrossPriorities: true }
        const decision = yield* pickFrom(tiers(), plugin)
        assert.deepStrictEqual(
          plugin.requests[0]?.Candidates.map(({ ID }) => ID),
          ["z", "a", "b"]
        )
        assert.strictEqual(decision.candidate.id, "b")
        assert.strictEqual(decision.tier, -1)
        assert.deepStrictEqual(decision.chosenBy, { _tag: "Plugin", plugin: "geo" })
      })
  )

  it.effect("any other plugin is shown the highest tier only", () =>
    Effect.gen(function* () {
      const plugin = scriptedPlugin(() => ({}))
      yield* pickFrom(tiers(), plugin)
      assert.deepStrictEqual(
        plugin.requests[0]?.Candidates.map(({ ID }) => ID),
        ["z"]
      )
    })
  )

  it.effect("a rejection ends the pick with the plugin's code and reason, whatever else the answer says", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        answering(() => ({
          Handled: true,
          AuthID: "a",
          Reject: true,
          RejectReason: " over budget ",
          RejectCode: "budget"
        }))
      )
      assert.deepInclude(error, { _tag: "PluginRefused", code: "budget", message: "over budget", httpStatus: 503 })
      const silent = yield* Effect.flip(answering(() => ({ Reject: true })))
      assert.deepInclude(silent, { code: "", message: "the scheduler plugin rejected the request" })
    })
  )
})

describe("while the plugin thinks", () => {
  it.effect("a candidate that is switched off or removed is not used, one that begins to rest is", () =>
    Effect.gen(function* () {
      const off = yield* choosingWhile((pool) => pool.setDisabled("b", true))
      assert.strictEqual(off.candidate.id, "a")
      assert.deepStrictEqual(off.unusedAnswer, { _tag: "GoneCandidate", plugin: "geo", id: "b" })
      const gone = yield* choosingWhile((pool) => pool.replace([candidate("a")]))
      assert.deepStrictEqual(gone.unusedAnswer, { _tag: "GoneCandidate", plugin: "geo", id: "b" })
      const resting = yield* choosingWhile((pool) => pool.block("b", { until: 9, reason: "rate-limited" }))
      assert.strictEqual(resting.candidate.id, "b")
    })
  )

  it.effect("an interruption ends the pick instead of falling back", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const pool = abc()
      const plugin = {
        ...scriptedPlugin(() => ({})),
        pick: () => Effect.andThen(Deferred.succeed(asked, undefined), Effect.never)
      }
      const fiber = yield* Effect.forkChild(pickFrom(pool, plugin, { strategy: "round-robin" }))
      yield* Deferred.await(asked)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.isFailure(yield* Fiber.await(fiber)))
      assert.strictEqual(pool.pick("round-robin", { now: 0 })?.id, "a")
    })
  )
})

describe("without a plugin", () => {
  it.effect("the configured strategy picks, and the decision has nothing to say about a plugin", () =>
    Effect.gen(function* () {
      const decision = yield* pickFrom(abc(), undefined)
      assert.deepStrictEqual(decision.chosenBy, { _tag: "Builtin", strategy: "fill-first" })
      assert.strictEqual(decision.unusedAnswer, undefined)
    })
  )

  it.effect("and with one that never handles, the same history gives the same picks", () =>
    Effect.gen(function* () {
      const alone = makePool(candidates(5))
      const watched = makePool(candidates(5))
      const plugin = scriptedPlugin(() => ({}))
      for (let step = 0; step < 40; step++) {
        const away = { until: step + 3, reason: "upstream-failed" as const }
        if (step % 7 === 0) for (const pool of [alone, watched]) pool.block(idsOf(candidates(5))[step % 5] ?? "", away)
        const rest = { strategy: "round-robin" as const, now: step }
        const [a, b] = [yield* pickFrom(alone, undefined, rest), yield* pickFrom(watched, plugin, rest)]
        assert.strictEqual(a.candidate.id, b.candidate.id)
      }
    })
  )
})

describe("a plugin's ranking (ours)", () => {
  it.effect("is used down to the first that can still serve", () =>
    Effect.gen(function* () {
      const pool = makePool([candidate("a"), candidate("b", { maxInFlight: 1 }), candidate("c")])
      const decision = yield* answering(() => {
        // While the plugin thinks, its first choice fills up.
        pool.share("b", { inFlight: 1, quota: undefined, lastSuccessAt: undefined }, { inFlight: 1 })
        return { Handled: true, AuthIDs: ["gone", " b ", "c", "a"] }
      }, pool)
      assert.strictEqual(decision.candidate.id, "c")
      assert.deepStrictEqual(decision.chosenBy, { _tag: "Plugin", plugin: "geo" })
    })
  )

  it.effect("counts only when no single ID is named, and before a strategy", () =>
    Effect.gen(function* () {
      const single = yield* answering(() => ({ Handled: true, AuthID: "b", AuthIDs: ["c"] }))
      const ranked = yield* answering(() => ({ Handled: true, AuthIDs: ["c"], DelegateBuiltin: "fill-first" }))
      assert.deepStrictEqual([single.candidate.id, ranked.candidate.id], ["b", "c"])
    })
  )

  it.effect("falls back to the strategy when nobody in it was offered", () =>
    Effect.gen(function* () {
      const decision = yield* answering(() => ({ Handled: true, AuthIDs: ["x", "y"] }))
      assert.strictEqual(decision.candidate.id, "a")
      assert.deepStrictEqual(decision.unusedAnswer, { _tag: "UnknownCandidate", plugin: "geo", id: "x" })
      assert.deepStrictEqual(decision.trace().unusedAnswer, { plugin: "geo", why: "UnknownCandidate" })
    })
  )

  it.effect("binds a session to who was taken, and leaves an unhandled one with its own", () =>
    Effect.gen(function* () {
      const affinity = makeSessionAffinity({ ttlMs: 1_000, maxBindings: 10 })
      const session = { affinity, session: "s", model: "m" }
      const pool = abc()
      yield* answering(() => ({ Handled: true, AuthIDs: ["c"] }), pool, { session })
      const next = yield* answering(() => ({}), pool, { session })
      assert.strictEqual(next.candidate.id, "c")
      assert.deepStrictEqual(next.chosenBy, { _tag: "Builtin", strategy: "fill-first", affinity: true })
    })
  )
})
