import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { makeClientAuth } from "../src/client-auth/client-auth.ts"
import { makePluginHost } from "../src/plugin-host/plugin-host.ts"
import { file, pluginDoubles, refused, registration } from "./plugin-double.ts"

const A = file("a")
const B = file("b")

const request = {
  method: "POST",
  path: "/v1/chat/completions",
  headers: { Authorization: ["Bearer x"] },
  query: {},
  body: Buffer.from("{}")
}

const settings = (ids: ReadonlyArray<string>, off: ReadonlyArray<string> = [], guards?: boolean) => ({
  enabled: true,
  dir: "/plugins",
  allowNewerSchema: false,
  configs: new Map(
    ids.map((id) => [
      id,
      { enabled: !off.includes(id), isolation: "process" as const, priority: 0, guards, version: undefined, yaml: "" }
    ])
  )
})

/** A host with guards `a` and `b`; both decline until told otherwise. */
const guards = Effect.gen(function* () {
  const doubles = pluginDoubles(A, B)
  for (const { id, path } of [A, B]) {
    const register = () => registration(id, { frontend_auth_provider: true })
    doubles.answers.set(path, {
      "plugin.register": register,
      "plugin.reconfigure": register,
      "frontend_auth.identifier": () => ({ identifier: ` ${id}-badge ` }),
      "frontend_auth.authenticate": () => ({ Authenticated: false })
    })
  }
  const host = yield* makePluginHost(doubles)
  const auth = makeClientAuth(host)
  const pass = (ids: ReadonlyArray<string>, off?: ReadonlyArray<string>, guards?: boolean) =>
    Effect.andThen(host.pass(settings(ids, off, guards)), auth.collect(settings(ids, off, guards)))
  const answer = (path: string, method: string, give: () => unknown) => {
    const answers = doubles.answers.get(path)
    if (answers !== undefined) answers[method] = give
  }
  return { doubles, auth, pass, answer }
})

/** Nobody is waited for. */
const open = { missing: [], unknown: [] }

const authenticate = "frontend_auth.authenticate"

describe("client authentication by plugins", () => {
  it.effect("gives who the client is, under the name of the plugin's way to tell", () =>
    Effect.gen(function* () {
      const { answer, auth, doubles, pass } = yield* guards
      assert.deepStrictEqual(auth.mode(), { asked: false, exclusive: false, readsBody: false, ...open })
      yield* pass(["a", "b"])
      assert.deepStrictEqual(auth.mode(), { asked: true, exclusive: false, readsBody: true, ...open })
      answer(B.path, authenticate, () => ({ Authenticated: true, Principal: "jane", Metadata: { team: "blue" } }))
      assert.deepStrictEqual(yield* auth.authenticate(request), {
        provider: "plugin:b:b-badge",
        principal: "jane",
        metadata: { team: "blue" }
      })
      const calls = doubles.calls.filter(({ method }) => method === authenticate)
      assert.deepStrictEqual(
        calls.map(({ inPlaceMicros, path }) => [path, inPlaceMicros > 0]),
        [
          [A.path, true],
          [B.path, true]
        ]
      )
      yield* pass(["a", "b"], ["a", "b"])
      assert.isFalse(auth.mode().asked)
    })
  )

  it.effect(
    "keeps the door shut while a guard that is wanted is out of service, and opens it when it is switched off",
    () =>
      Effect.gen(function* () {
        const { answer, auth, pass } = yield* guards
        yield* pass(["a"])
        answer(A.path, authenticate, () => {
          throw new Error("the host breaks")
        })
        assert.isUndefined(yield* auth.authenticate(request))
        // The fault has fused it: from now on it is not called any more, and yet it counts.
        answer(A.path, authenticate, () => ({ Authenticated: true, Principal: "p" }))
        assert.isUndefined(yield* auth.authenticate(request))
        yield* pass(["a"])
        assert.isTrue(auth.mode().asked)
        assert.isUndefined(yield* auth.authenticate(request))
        yield* pass(["a"], ["a"])
        assert.isFalse(auth.mode().asked)
      })
  )

  it.effect("keeps a guard's name when it does not answer for once", () =>
    Effect.gen(function* () {
      const { answer, auth, pass } = yield* guards
      yield* pass(["a"])
      answer(A.path, "frontend_auth.identifier", () => refused("busy", "not now"))
      answer(A.path, authenticate, () => ({ Authenticated: true, Principal: "p" }))
      yield* pass(["a"])
      assert.deepInclude(yield* auth.authenticate(request), { provider: "plugin:a:a-badge" })
    })
  )

  it.effect("waits for a plugin that guards the doors, from the first start and whenever it does not serve", () =>
    Effect.gen(function* () {
      const { answer, auth, doubles, pass } = yield* guards
      doubles.broken.add(A.path)
      yield* pass(["a"], [], true)
      assert.deepStrictEqual([auth.mode().missing, auth.mode().unknown], [["a"], []])
      yield* pass(["a"], ["a"], true)
      assert.deepStrictEqual(auth.mode().missing, [], "it was switched off")
      doubles.broken.clear()
      answer(A.path, "frontend_auth.identifier", () => refused("early", "the database is not there yet"))
      yield* pass(["a"], [], true)
      assert.deepStrictEqual(auth.mode().missing, ["a"])
      answer(A.path, "frontend_auth.identifier", () => ({ identifier: "badge" }))
      yield* pass(["a"], [], true)
      assert.deepInclude(auth.mode(), { asked: true, missing: [] })
      answer(A.path, authenticate, () => {
        throw new Error("the host breaks")
      })
      yield* auth.authenticate(request)
      assert.deepStrictEqual(auth.mode().missing, ["a"], "and nobody has to configure it for that")
    })
  )

  it.effect("does not know what a plugin is for that has never registered, until the operator says", () =>
    Effect.gen(function* () {
      const { answer, auth, doubles, pass } = yield* guards
      doubles.broken.add(A.path)
      answer(B.path, "frontend_auth.identifier", () => refused("early", "the database is not there yet"))
      yield* pass(["a", "b"])
      assert.deepStrictEqual([auth.mode().missing, auth.mode().unknown], [[], ["a", "b"]])
      yield* pass(["a", "b"], [], false)
      assert.deepStrictEqual(auth.mode().unknown, [])
      doubles.broken.clear()
      answer(B.path, "frontend_auth.identifier", () => ({ identifier: "badge" }))
      yield* pass(["a", "b"])
      assert.deepStrictEqual(auth.mode().unknown, [])
      doubles.broken.add(A.path)
      yield* pass(["a", "b"])
      assert.deepStrictEqual(auth.mode().unknown, [], "it was known once")
    })
  )

  it.effect("does not register a guard that never said its name", () =>
    Effect.gen(function* () {
      const { answer, auth, pass } = yield* guards
      answer(A.path, "frontend_auth.identifier", () => refused("broken", "no"))
      answer(B.path, "frontend_auth.identifier", () => ({ identifier: " " }))
      yield* pass(["a", "b"])
      assert.isFalse(auth.mode().asked)
    })
  )
})
