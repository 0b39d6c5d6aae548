import { PluginTransportFailed } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"

import { makeCredentialStore } from "../../src/credential-files/credential-store.ts"
import { makeCredentialRefresh } from "../../src/credential-files/refresh.ts"
import { makeCallbackScopes } from "../../src/plugin-host/callback-scopes.ts"
import { until } from "../host-http/loopback-server.ts"
import { refused } from "../plugin-double.ts"
import {
  authPlugins,
  type CredentialDirectory,
  credentialDirectory,
  fromBase64,
  hostOf,
  inBase64,
  owning
} from "./auth-plugin-double.ts"

type Answers = Parameters<typeof authPlugins>[0]

const open = Effect.fnUntraced(function* (answers: Answers, files: Record<string, unknown>) {
  return yield* openIn(yield* credentialDirectory, answers, files)
})

const openIn = Effect.fnUntraced(function* (
  directory: CredentialDirectory,
  answers: Answers,
  files: Record<string, unknown>
) {
  for (const [name, content] of Object.entries(files)) directory.put(name, content)
  const doubles = authPlugins(answers)
  const scopes = makeCallbackScopes()
  const store = yield* makeCredentialStore(doubles.plugins)
  yield* store.load({ dir: directory.dir, host: hostOf(directory.dir) })
  const { look, refresh, renewalOf } = yield* makeCredentialRefresh({ store, scopes, plugins: doubles.plugins })
  return { directory, doubles, look, refresh, renewalOf, scopes, store }
})

/** Reads a file as the plugin `lab` does: everything is its own. */
const parse = ({ RawJSON }: Record<string, unknown>) => ({
  Handled: true,
  Auth: { StorageJSON: RawJSON, Label: "Jane" }
})

/** Minutes after the beginning of a test. */
const due = (minutes: number) => new Date(minutes * 60_000).toISOString()

/** Lets real work, such as file access, go on under a test clock. */
const settle = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 60)))

/** Waits for real work under a test clock until it has done what it should; the test's own time limit ends what never comes. */
const eventually = (done: () => boolean) =>
  Effect.promise(async () => {
    // oxlint-disable-next-line no-await-in-loop -- looks again and again
    while (!done()) await new Promise((resolve) => setTimeout(resolve, 5))
  })

describe("auth.refresh", () => {
  it.live("is asked of the owner with everything that is stored, in a scope of its own", () =>
    Effect.gen(function* () {
      let scope: unknown
      const { directory, doubles, refresh, scopes, store } = yield* open(
        {
          other: owning("other"),
          lab: owning("lab", {
            "auth.parse": parse,
            "auth.refresh": ({ host_callback_id }) => {
              scope = scopes.find(String(host_callback_id))?.plugin
              return { Auth: { StorageJSON: inBase64({ refresh_token: "r-2" }), Metadata: { token: "t-2" } } }
            }
          })
        },
        { "a.json": { type: "lab", token: "t-1", refresh_token: "r-1" } }
      )
      assert.strictEqual(yield* refresh("a.json"), "refreshed")
      const call = doubles.callsOf("auth.refresh").at(0)!
      const { Attributes, host_callback_id: _, Host: __, StorageJSON, ...request } = call.request
      assert.strictEqual(call.plugin, "lab")
      assert.deepStrictEqual(request, { AuthID: "a.json", AuthProvider: "lab", Metadata: { type: "lab" } })
      assert.deepStrictEqual(fromBase64(StorageJSON), { type: "lab", token: "t-1", refresh_token: "r-1" })
      assert.deepInclude(Attributes, { source_backend: "file" })
      assert.strictEqual(scope, "lab")
      assert.strictEqual(scopes.size(), 0)
      assert.deepStrictEqual(directory.get("a.json"), { type: "lab", token: "t-2", refresh_token: "r-2" })
      assert.deepInclude(store.find("a.json"), { label: "Jane", refreshError: "" })
      assert.instanceOf(store.find("a.json")?.lastRefresh, Date)
    })
  )

  it.live("does nothing for a provider that no plugin owns, and for a credential that is gone", () =>
    Effect.gen(function* () {
      const { doubles, refresh } = yield* open({ lab: owning("lab") }, { "a.json": { type: "foreign" } })
      assert.strictEqual(yield* refresh("a.json"), "nothing to do")
      assert.strictEqual(yield* refresh("missing"), "nothing to do")
      assert.deepStrictEqual(doubles.callsOf("auth.refresh"), [])
    })
  )

  it.live("runs once for all who ask at the same time, and on when they stop waiting", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<object>()
      const { doubles, refresh, store } = yield* open(
        { lab: owning("lab", { "auth.parse": parse, "auth.refresh": () => Deferred.await(gate) }) },
        { "a.json": { type: "lab" } }
      )
      const waiting = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(refresh("a.json")))
      yield* until(() => doubles.callsOf("auth.refresh").length === 1)
      yield* Fiber.interrupt(waiting.at(0)!)
      yield* Deferred.succeed(gate, { Auth: { Label: "fresh" } })
      assert.deepStrictEqual(yield* Effect.forEach(waiting.slice(1), Fiber.join), ["refreshed", "refreshed"])
      assert.strictEqual(doubles.callsOf("auth.refresh").length, 1)
      assert.strictEqual(store.find("a.json")?.label, "fresh")
    })
  )

  it.live("cancels what its plugin has begun when it fails, and only then", () =>
    Effect.gen(function* () {
      const signals: Array<AbortSignal | undefined> = []
      let answer: unknown = {}
      const { refresh, scopes } = yield* open(
        {
          lab: owning("lab", {
            "auth.parse": parse,
            "auth.refresh": ({ host_callback_id }) => {
              signals.push(scopes.find(String(host_callback_id))?.signal)
              return answer
            }
          })
        },
        { "a.json": { type: "lab" } }
      )
      yield* refresh("a.json")
      answer = refused("x", "no")
      yield* refresh("a.json")
      assert.deepStrictEqual(
        signals.map((signal) => signal?.aborted),
        [false, true]
      )
    })
  )

  it.live("keeps the last error in sight, until it works again", () =>
    Effect.gen(function* () {
      let answer: unknown = refused("x", "provider is down", 503)
      const { refresh, renewalOf, store } = yield* open(
        { lab: owning("lab", { "auth.parse": parse, "auth.refresh": () => answer }) },
        { "a.json": { type: "lab", refresh_interval_seconds: 3600 } }
      )
      assert.strictEqual(yield* refresh("a.json"), "failed")
      assert.deepInclude(renewalOf("a.json"), { lastError: "provider is down", refused: false })
      assert.isAbove(renewalOf("a.json")?.nextAt ?? 0, Date.now())
      assert.deepInclude(store.find("a.json"), { refreshError: "provider is down", unauthorized: false })
      answer = refused("x", "token revoked", 401)
      yield* refresh("a.json")
      assert.deepInclude(store.find("a.json"), { refreshError: "token revoked", unauthorized: true })
      assert.deepStrictEqual(renewalOf("a.json"), { lastError: "token revoked", refused: true })
      answer = {}
      assert.strictEqual(yield* refresh("a.json"), "refreshed")
      assert.deepInclude(store.find("a.json"), { refreshError: "", unauthorized: false })
      assert.strictEqual(renewalOf("a.json")?.lastAt, store.find("a.json")?.lastRefresh?.getTime())
      assert.notProperty(renewalOf("a.json"), "lastError")
    })
  )

  it.live("shows of an error neither what is stored nor what looks like a key, and which account it is about", () =>
    Effect.gen(function* () {
      const said = "no plan team for jane@example.com: rt-1 (was rt-1.longer, 0123456789abcdefghij), password=hunter22"
      const { refresh, renewalOf } = yield* open(
        { lab: owning("lab", { "auth.parse": parse, "auth.refresh": () => refused("x", said, 400) }) },
        {
          "a.json": {
            type: "lab",
            plan: "team",
            email: "jane@example.com",
            refresh_token: "rt-1",
            tokens: [{ old: "rt-1.longer" }],
            other: "0123456789abcdefghij"
          }
        }
      )
      assert.strictEqual(yield* refresh("a.json"), "failed")
      assert.strictEqual(
        renewalOf("a.json")?.lastError,
        "no plan team for jane@example.com: [redacted] (was [redacted], [redacted]), password=[redacted]"
      )
    })
  )

  it.live("finishes when the gateway ends, so that the new token is not lost; what waits its turn does not begin", () =>
    Effect.gen(function* () {
      const answer = yield* Deferred.make<unknown>()
      const files = Object.fromEntries(
        Array.from({ length: 20 }, (_, n) => [`${n}.json`, { type: "lab", token: "old" }])
      )
      const scope = yield* Scope.make()
      const directory = yield* credentialDirectory
      const { doubles, refresh } = yield* openIn(
        directory,
        {
          lab: owning("lab", {
            "auth.parse": parse,
            "auth.refresh": () => Deferred.await(answer)
          })
        },
        files
      ).pipe(Effect.provideService(Scope.Scope, scope))
      for (const name of Object.keys(files)) yield* Effect.forkChild(refresh(name))
      yield* until(() => doubles.callsOf("auth.refresh").length === 16)
      const closed = yield* Effect.forkChild(Scope.close(scope, Exit.succeed(undefined)))
      yield* settle
      assert.isUndefined(closed.pollUnsafe())
      yield* Deferred.succeed(answer, { Auth: { Metadata: { token: "new" } } })
      yield* Fiber.join(closed)
      const stored = Object.keys(files).map((name) => Object(directory.get(name))["token"])
      assert.strictEqual(stored.filter((token) => token === "new").length, 16)
      assert.lengthOf(doubles.callsOf("auth.refresh"), 16)
    })
  )

  it.effect("comes when it is due, at the time that the plugin named last", () =>
    Effect.gen(function* () {
      const { doubles, renewalOf } = yield* open(
        {
          lab: owning("lab", {
            "auth.parse": ({ RawJSON }) => ({
              Handled: true,
              Auth: { StorageJSON: RawJSON, NextRefreshAfter: due(10) }
            }),
            "auth.refresh": () => ({ Auth: { NextRefreshAfter: due(99) }, NextRefreshAfter: due(20) })
          })
        },
        { "a.json": { type: "lab" }, "b.json": { type: "foreign" } }
      )
      const refreshed = () => doubles.callsOf("auth.refresh").length
      yield* TestClock.adjust("9 minutes")
      yield* settle
      assert.strictEqual(refreshed(), 0)
      yield* TestClock.adjust("61 seconds")
      yield* eventually(() => renewalOf("a.json")?.nextAt === 20 * 60_000)
      assert.strictEqual(refreshed(), 1)
      yield* TestClock.adjust("8 minutes")
      yield* settle
      assert.strictEqual(refreshed(), 1)
      yield* TestClock.adjust("2 minutes")
      yield* eventually(() => refreshed() === 2)
    })
  )

  it.effect("comes in the file's interval, waits five minutes after a failure, and stops after a refusal", () =>
    Effect.gen(function* () {
      let answer: unknown = Effect.fail(
        new PluginTransportFailed({ plugin: "lab", method: "auth.refresh", returnCode: 1, body: "x" })
      )
      const { doubles, renewalOf, store } = yield* open(
        { lab: owning("lab", { "auth.refresh": () => answer }) },
        { "a.json": { type: "lab", refresh_interval_seconds: 60 } }
      )
      const refreshed = () => doubles.callsOf("auth.refresh").length
      store.note("a.json", { lastRefresh: new Date(0) })
      const pass = Effect.fnUntraced(function* (minutes: number) {
        for (let minute = 0; minute < minutes; minute++) {
          yield* TestClock.adjust("61 seconds")
          yield* settle
        }
      })
      /** Lets minutes pass until a renewal has ended like this: it writes files, which the test's clock knows nothing of. */
      const passUntil = Effect.fnUntraced(function* (ended: () => boolean) {
        while (!ended()) yield* pass(1)
      })
      yield* passUntil(() => renewalOf("a.json")?.lastError !== undefined)
      assert.strictEqual(refreshed(), 1)
      // It may have ended a minute ago.
      yield* pass(3)
      assert.strictEqual(refreshed(), 1)
      answer = {}
      yield* passUntil(() => renewalOf("a.json")?.lastError === undefined)
      answer = refused("x", "revoked", 401)
      yield* passUntil(() => renewalOf("a.json")?.refused === true)
      const asked = refreshed()
      assert.isAtLeast(asked, 3)
      yield* pass(8)
      assert.strictEqual(refreshed(), asked)
    })
  )

  it.effect("comes ahead of the time at which the token ends, and then ahead of the new one's", () =>
    Effect.gen(function* () {
      const { directory, doubles, renewalOf } = yield* open(
        {
          lab: owning("lab", {
            "auth.parse": parse,
            "auth.refresh": () => ({ Auth: { StorageJSON: inBase64({ expired: due(120) }) } })
          })
        },
        { "a.json": { type: "lab", expired: due(60) }, "b.json": { type: "lab" } }
      )
      const refreshed = () => doubles.callsOf("auth.refresh").length
      // The file is new, its token is not: half of a life that is over already.
      assert.strictEqual(renewalOf("a.json")?.nextAt, 60 * 60_000)
      assert.isUndefined(renewalOf("b.json")?.nextAt)
      yield* TestClock.adjust("59 minutes")
      yield* settle
      assert.strictEqual(refreshed(), 0)
      yield* TestClock.adjust("61 seconds")
      yield* eventually(() => directory.get("a.json")?.["expired"] === due(120))
      yield* eventually(() => renewalOf("a.json")?.nextAt === 115 * 60_000)
      assert.strictEqual(refreshed(), 1)
      assert.deepStrictEqual(directory.get("a.json"), { type: "lab", expired: due(120) })
    })
  )

  it.effect("runs for sixteen credentials at once and no more, each credential once", () =>
    Effect.gen(function* () {
      let atOnce = 0
      let most = 0
      const gate = yield* Deferred.make<void>()
      const names = Array.from({ length: 40 }, (_, index) => `c-${index}.json`)
      const { doubles } = yield* open(
        {
          lab: owning("lab", {
            "auth.parse": ({ RawJSON }) => ({
              Handled: true,
              Auth: { StorageJSON: RawJSON, NextRefreshAfter: due(1) }
            }),
            "auth.refresh": () =>
              Effect.gen(function* () {
                most = Math.max(most, ++atOnce)
                yield* Deferred.await(gate)
                atOnce--
                return { Auth: {}, NextRefreshAfter: due(60) }
              })
          })
        },
        Object.fromEntries(names.map((name) => [name, { type: "lab" }]))
      )
      yield* TestClock.adjust("2 minutes")
      yield* eventually(() => most === 16)
      // The loop looks again while they are still being renewed.
      yield* TestClock.adjust("2 minutes")
      yield* settle
      assert.strictEqual(doubles.callsOf("auth.refresh").length, 16)
      yield* Deferred.succeed(gate, undefined)
      while (doubles.callsOf("auth.refresh").length < names.length || atOnce > 0) yield* settle
      assert.strictEqual(most, 16)
      assert.strictEqual(new Set(doubles.callsOf("auth.refresh").map(({ request }) => request["AuthID"])).size, 40)
    })
  )

  it.live("keeps what its operator changes in the file while the plugin is asked", () =>
    Effect.gen(function* () {
      let edit: (() => void) | undefined
      const { directory, refresh, store } = yield* open(
        {
          lab: owning("lab", {
            "auth.parse": parse,
            "auth.refresh": () => {
              edit?.()
              return { Auth: { StorageJSON: inBase64({ type: "lab", token: "t-2", note: "old" }) } }
            }
          })
        },
        { "a.json": { type: "lab", token: "t-1", note: "old" } }
      )
      edit = () => directory.put("a.json", { type: "lab", token: "t-1", note: "new", weight: 5 })
      assert.strictEqual(yield* refresh("a.json"), "refreshed")
      assert.deepStrictEqual(directory.get("a.json"), { type: "lab", token: "t-2", note: "new", weight: 5 })
      const now = () => store.find("a.json")
      yield* until(() => now()?.attributes["weight"] === "5" && now()?.storage?.["token"] === "t-2")
    })
  )

  it.live("comes at once for a credential that is due when its directory is read", () =>
    Effect.gen(function* () {
      const { directory, doubles, look, store } = yield* open(
        { lab: owning("lab", { "auth.parse": parse, "auth.refresh": () => ({}) }) },
        {}
      )
      directory.put("a.json", { type: "lab", expired: "2020-01-01T00:00:00Z" })
      yield* store.load({ dir: directory.dir, host: hostOf(directory.dir) })
      look()
      yield* until(() => doubles.callsOf("auth.refresh").length === 1)
    })
  )
})
