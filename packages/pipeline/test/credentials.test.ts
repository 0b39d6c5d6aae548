import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import * as fc from "fast-check"
import { inspect } from "node:util"

import { credentialsOf } from "../src/credentials.ts"
import type { KeySettings, OpenAICompatibleProvider } from "../src/settings.ts"
import { provider } from "./gateway-settings.ts"

const of = (keys: ReadonlyArray<KeySettings>, more: Partial<OpenAICompatibleProvider> = {}) =>
  credentialsOf([provider("https://api.example.com/v1", [], { keys, ...more })]).at(0)![1]

const ids = (keys: ReadonlyArray<KeySettings>) => of(keys).map(({ candidate }) => candidate.id)

/** From key to ID. */
const idOf = (list: ReadonlyArray<string>) =>
  new Map(of(list.map((apiKey) => ({ apiKey }))).map(({ key, candidate }) => [Redacted.value(key), candidate.id]))

describe("a credential's ID", () => {
  it("is the key's name where it has one, and a hash where it has none", () => {
    assert.deepStrictEqual(ids([{ apiKey: "x", name: " main " }]), ["p/main"])
    assert.match(ids([{ apiKey: "sk-secret" }]).at(0)!, /^p:[0-9a-f]{12}$/)
  })

  it("gets a number when it is used twice", () => {
    const [first, second, third] = ids([{ apiKey: "x" }, { apiKey: "x" }, { apiKey: "x" }])
    assert.deepStrictEqual([second, third], [`${first}-2`, `${first}-3`])
    assert.deepStrictEqual(
      ids([
        { apiKey: "x", name: "n" },
        { apiKey: "y", name: "n" }
      ]),
      ["p/n", "p/n-2"]
    )
  })

  it("does not change when other keys come, go or move", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 8 }),
        fc.nat(7),
        (keys, drop) => {
          const before = idOf(keys)
          const after = idOf(keys.toReversed().filter((_, i) => i !== drop))
          for (const [key, id] of after) assert.strictEqual(id, before.get(key))
        }
      )
    )
  })

  it("differs between endpoints for the same key", () => {
    const other = of([{ apiKey: "x" }], { baseUrl: "https://other.example.com/v1" })
    assert.notStrictEqual(other.at(0)!.candidate.id, ids([{ apiKey: "x" }])[0])
  })
})

describe("a credential", () => {
  it("shows no secret when it is printed or sent to a plugin", () => {
    const credential = of([{ apiKey: "sk-very-secret" }], {
      headers: { "X-Token": "sk-header-secret" },
      baseUrl: "https://user:sk-url-secret@api.example.com/v1?key=sk-query-secret"
    }).at(0)!
    assert.notInclude(JSON.stringify(credential.candidate), "secret")
    const { chatPath, ...rest } = credential
    assert.notInclude(JSON.stringify(rest), "secret")
    assert.notInclude(inspect(rest, { depth: 9 }), "secret")
    assert.include(chatPath, "sk-query-secret", "the query is the provider's")
  })

  it("has the attributes that plugins may route by", () => {
    assert.deepStrictEqual(of([{ apiKey: "x", name: "main" }], { priority: 7 }).at(0)!.candidate, {
      id: "p/main",
      provider: "p",
      priority: 7,
      disabled: false,
      attributes: {
        auth_kind: "apikey",
        base_url: "https://api.example.com/v1",
        compat_name: "p",
        name: "main",
        priority: "7",
        provider: "p",
        source: "config"
      }
    })
  })

  it("lets a configured header take the place of one of ours, in any case", () => {
    const headers = Redacted.value(
      of([{ apiKey: "x" }], { headers: { AUTHORIZATION: "Basic y", Host: "h" } }).at(0)!.headers
    )
    assert.strictEqual(headers[headers.indexOf("authorization") + 1], "Basic y")
    assert.strictEqual(headers.filter((name) => name.toLowerCase() === "authorization").length, 1)
    assert.notInclude(headers, "host")
  })
})
