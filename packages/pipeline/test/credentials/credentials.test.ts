import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import * as fc from "fast-check"
import { inspect } from "node:util"

import { copyHeaders } from "../../src/provider/copied-headers.ts"
import { credentialsOf } from "../../src/credentials/credentials.ts"
import type { KeySettings, ProviderSettings } from "../../src/settings.ts"
import { claudeKey, geminiKey, provider } from "../gateway-settings.ts"

const of = (keys: ReadonlyArray<KeySettings>, more: Partial<ProviderSettings> = {}) =>
  credentialsOf([provider("https://api.example.com/v1", [], { keys, ...more })]).at(0)![1]

const ids = (keys: ReadonlyArray<KeySettings>) => of(keys).map(({ candidate }) => candidate.id)

/** Headers that carry a key, or belong to it. */
const headersOf = (of: ProviderSettings) => {
  const flat = Redacted.value(credentialsOf([of]).at(0)![1].at(0)!.headers)
  const named = flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1]] as const] : []))
  return named.filter(([name]) => !["content-type", "accept-encoding", "user-agent"].includes(name))
}

/** From key to ID. */
const idOf = (list: ReadonlyArray<string>) =>
  new Map(of(list.map((apiKey) => ({ apiKey }))).map(({ key, candidate }) => [Redacted.value(key), candidate.id]))

/** The headers that a key of Claude takes over from the client. */
const copied = (headers: Record<string, string>) =>
  credentialsOf([claudeKey("http://h", "a", { headers })])
    .at(0)![1]
    .at(0)!.copiedHeaders

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
    assert.notInclude(JSON.stringify(credential), "secret")
    assert.notInclude(inspect(credential, { depth: 9 }), "secret")
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

  it("carries its key as its protocol has it", () => {
    assert.deepStrictEqual(headersOf(provider("http://h/v1", ["a"])), [["authorization", "Bearer key-a"]])
    assert.deepStrictEqual(headersOf(claudeKey("http://h", "a")), [
      ["anthropic-version", "2023-06-01"],
      ["x-api-key", "key-a"]
    ])
    assert.deepStrictEqual(headersOf(geminiKey("http://h", "a")), [["x-goog-api-key", "key-a"]])
  })

  it("names the client's headers that it copies, and copies what the client has sent", () => {
    const { copiedHeaders, headers } = of([{ apiKey: "x" }], {
      headers: { "X-Session": "$session_id", "X-Price": "$5 each", "X-None": "$", Host: "$Host" }
    }).at(0)!
    assert.deepStrictEqual(copiedHeaders, [{ name: "x-session", from: "Session_id" }])
    assert.include(Redacted.value(headers), "$5 each")
    assert.deepStrictEqual(copyHeaders(copiedHeaders, { Session_id: ["s1", "s2"], Other: ["o"] }), [
      "x-session",
      "s1, s2"
    ])
    assert.deepStrictEqual(copyHeaders(copiedHeaders, { Other: ["o"] }), [])
  })

  it("of Claude passes on which betas the client uses, unless the configuration says which", () => {
    assert.deepStrictEqual(copied({}), [{ name: "anthropic-beta", from: "Anthropic-Beta" }])
    assert.deepStrictEqual(copied({ "Anthropic-Beta": "context-1m-2025-08-07" }), [])
  })

  it("of a list of single keys is told from the others by its name or hash, and shows no secret of its proxy", () => {
    const proxyUrl = "http://jane:sk-proxy-secret@proxy.test"
    const all = credentialsOf([
      claudeKey("http://h", "a", { keys: [{ apiKey: "k1", proxyUrl, weight: 3 }] }),
      claudeKey("http://h", "b", { keys: [{ apiKey: "k1" }] }),
      claudeKey("http://h", "c")
    ]).flatMap(([, credentials]) => credentials)
    const [first, second, third] = all.map(({ candidate }) => candidate.id)
    assert.match(first ?? "", /^claude:[0-9a-f]{12}$/)
    assert.deepStrictEqual([second, third], [`${first}-2`, "claude/c"])
    assert.deepInclude(all[0]?.candidate, { provider: "claude" })
    assert.deepInclude(all[0]?.candidate.attributes, { weight: "3", provider: "claude" })
    assert.notProperty(all[0]?.candidate.attributes, "compat_name")
    assert.notInclude(inspect(all, { depth: 9 }), "secret")
    assert.strictEqual(all[0]?.proxyUrl && Redacted.value(all[0].proxyUrl), proxyUrl)
  })
})
