import { schedulerPick } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makePool, normaliseProviders, pickWithPlugin } from "../src/index.ts"
import type { Candidate, PickRequest } from "../src/index.ts"
import { candidate, nth } from "./candidates.ts"
import { ordinaryRequest, scriptedPlugin } from "./scripted-plugin.ts"

/** What the plugin reads on the wire for a pick over these candidates. */
const wireRequest = Effect.fnUntraced(function* (
  list: ReadonlyArray<Candidate>,
  request: Partial<PickRequest> = {},
  prepare: (pool: ReturnType<typeof makePool>) => void = () => {},
  tried: ReadonlySet<string> = new Set()
) {
  const plugin = scriptedPlugin(() => ({}))
  const pool = makePool(list)
  prepare(pool)
  yield* pickWithPlugin({
    pool,
    plugin,
    strategy: "round-robin",
    request: { ...ordinaryRequest, ...request },
    now: 10,
    tried
  })
  assert.strictEqual(plugin.requests.length, 1)
  return JSON.parse(new TextDecoder().decode(schedulerPick.encodeRequest(nth(plugin.requests, 0))))
})

const offeredIds = (request: { readonly Candidates: ReadonlyArray<{ readonly ID: string }> }) =>
  request.Candidates.map(({ ID }) => ID)

describe("what a scheduler plugin is shown (plugin ABI requirements 117 to 121)", () => {
  it.effect("the whole request as it is on the wire", () =>
    Effect.gen(function* () {
      const request = yield* wireRequest([candidate("a", { attributes: { note: "eu", "api-key": "sk-1" } })])
      assert.deepStrictEqual(request, {
        Plugin: {
          Name: "geo",
          Version: "1.0.0",
          Author: "us",
          GitHubRepository: "x/y",
          Logo: "",
          ConfigFields: null
        },
        Provider: "",
        Providers: ["openai"],
        Model: "gpt-x(8192)",
        Stream: true,
        Options: { Headers: { "X-Region": ["eu"] }, Metadata: { requested_model: "gpt-x(8192)" } },
        Candidates: [
          { ID: "a", Provider: "openai", Priority: 0, Status: "active", Attributes: { note: "eu" }, Metadata: null }
        ]
      })
    })
  )

  it.effect(
    "117: neither disabled, tried and cooling candidates, nor a lower tier while a higher one has somebody",
    () =>
      Effect.gen(function* () {
        const list = [
          candidate("off", { priority: 5, disabled: true }),
          candidate("tried", { priority: 5 }),
          candidate("cooling", { priority: 5 }),
          candidate("ready", { priority: 5 }),
          candidate("back", { priority: 5 }),
          candidate("lower", { priority: 4 })
        ]
        const request = yield* wireRequest(
          list,
          {},
          (pool) => {
            pool.block("cooling", { until: 11, reason: "rate-limited" })
            pool.block("back", { until: 10, reason: "rate-limited" })
          },
          new Set(["tried"])
        )
        assert.deepStrictEqual(offeredIds(request), ["back", "ready"])
      })
  )

  it.effect("117: a lower tier once nobody of the higher one is left", () =>
    Effect.gen(function* () {
      const list = [candidate("high", { priority: 1 }), candidate("b"), candidate("a")]
      assert.deepStrictEqual(offeredIds(yield* wireRequest(list, {}, undefined, new Set(["high"]))), ["a", "b"])
    })
  )

  it.effect("118: candidates sorted by ID in byte order", () =>
    Effect.gen(function* () {
      const list = ["b", "😀", "B", "！", "a10", "a2", "ä"].map((id) => candidate(id))
      assert.deepStrictEqual(offeredIds(yield* wireRequest(list)), ["B", "a10", "a2", "b", "ä", "！", "😀"])
    })
  )

  it.effect("119: providers in lower case, trimmed, once each, in the order of the route, without mixed", () =>
    Effect.gen(function* () {
      const providers = [" OpenAI", "mixed", "claude", "openai ", "", "MIXED", "Claude"]
      assert.deepStrictEqual(normaliseProviders(providers), ["openai", "claude"])
      const request = yield* wireRequest([candidate("a")], { providers })
      assert.deepStrictEqual([request.Provider, request.Providers], ["", ["openai", "claude"]])
    })
  )

  it.effect("120: no attribute whose name looks secret, and null when none is left", () =>
    Effect.gen(function* () {
      const secret = {
        api_key: "1",
        "Api-Key": "2",
        "refresh.token": "3",
        "proxy url": "4",
        Cookie: "5",
        PASSWORD: "6"
      }
      const request = yield* wireRequest([
        candidate("mixed", { attributes: { ...secret, region: "eu", base_url: "http://x" } }),
        candidate("only-secrets", { attributes: secret })
      ])
      assert.deepStrictEqual(
        request.Candidates.map((shown: { readonly Attributes: unknown }) => shown.Attributes),
        [{ region: "eu", base_url: "http://x" }, null]
      )
    })
  )

  it.effect("121: null as candidate metadata, and null for headers and metadata that are empty", () =>
    Effect.gen(function* () {
      const request = yield* wireRequest([candidate("a")], { headers: {}, metadata: {} })
      assert.deepStrictEqual(request.Options, { Headers: null, Metadata: null })
      assert.strictEqual(request.Candidates[0].Metadata, null)
    })
  )

  it.effect("a key for single-provider selections, and an empty model, pass unchanged", () =>
    Effect.gen(function* () {
      const request = yield* wireRequest([candidate("a")], { provider: "codex", model: "", stream: false })
      assert.deepStrictEqual([request.Provider, request.Model, request.Stream], ["codex", "", false])
    })
  )

  it.effect("copies: a plugin in this process cannot change the pool through them", () =>
    Effect.gen(function* () {
      const attributes = { region: "eu" }
      const pool = makePool([candidate("a", { attributes })])
      const plugin = scriptedPlugin((request) => {
        for (const shown of request.Candidates) Object.assign(shown.Attributes, { region: "us" })
        return {}
      })
      const decision = yield* pickWithPlugin({ pool, plugin, strategy: "fill-first", request: ordinaryRequest, now: 0 })
      assert.deepStrictEqual(decision.candidate.attributes, { region: "eu" })
    })
  )

  it.effect("ours: how busy and proven each candidate is, which attempt it is, who was tried and who asks", () =>
    Effect.gen(function* () {
      const request = yield* wireRequest(
        [candidate("a", { weight: 5 }), candidate("b"), candidate("c")],
        { attempt: 2, triedBefore: [{ id: "c", status: 429 }], callerId: "5f3a", selectionId: "sel-1" },
        (pool) => {
          const load = { inFlight: 3, quota: undefined, lastSuccessAt: Date.UTC(2026, 0, 1) }
          pool.share("b", load, { inFlight: 3 })
        },
        new Set(["c"])
      )
      assert.deepInclude(request, {
        Attempt: 2,
        Tried: [{ ID: "c", Status: 429 }],
        CallerID: "5f3a",
        SelectionID: "sel-1"
      })
      assert.notProperty(request, "Excluded")
      const [a, b] = request.Candidates
      assert.deepInclude(a, { ID: "a", Weight: 5 })
      assert.notProperty(a, "InFlight")
      assert.deepInclude(b, { ID: "b", InFlight: 3, LastSuccess: "2026-01-01T00:00:00Z" })
      assert.notProperty(b, "Weight")
    })
  )

  it.effect("ours: who is left out, for a plugin that is shown all tiers", () =>
    Effect.gen(function* () {
      const plugin = { ...scriptedPlugin(() => ({})), acrossPriorities: true }
      const pool = makePool([
        candidate("ready"),
        candidate("limited", { priority: 3 }),
        candidate("full", { maxInFlight: 1 }),
        candidate("off", { disabled: true })
      ])
      pool.block("limited", { until: 1_000, reason: "rate-limited", status: 429 })
      pool.share("full", { inFlight: 1, quota: undefined, lastSuccessAt: undefined }, { inFlight: 1 })
      yield* pickWithPlugin({
        pool,
        plugin,
        strategy: "round-robin",
        request: ordinaryRequest,
        now: 10
      })
      const wire = JSON.parse(new TextDecoder().decode(schedulerPick.encodeRequest(nth(plugin.requests, 0))))
      assert.deepStrictEqual(wire.Excluded, [
        { ID: "limited", Priority: 3, Reason: "rate-limited", Until: "1970-01-01T00:00:01Z" },
        { ID: "full", Priority: 0, Reason: "at-capacity", Until: null },
        { ID: "off", Priority: 0, Reason: "disabled", Until: null }
      ])
    })
  )
})
