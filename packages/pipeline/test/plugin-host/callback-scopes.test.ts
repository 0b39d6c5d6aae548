import { assert, describe, it } from "@effect/vitest"

import { makeCallbackScopes } from "../../src/plugin-host/callback-scopes.ts"

describe("callback scopes", () => {
  it("are found by their ID while they are open, with what they were opened with", () => {
    const scopes = makeCallbackScopes()
    const request = { id: "r-1", headers: { Accept: ["*/*"] }, query: { q: ["1"] } }
    const { signal } = new AbortController()
    const opened = scopes.open({ plugin: "geo", request, signal, proxyUrl: "http://proxy.invalid" })
    const { id, onClose: _, ...found } = scopes.find(opened.id)!
    assert.strictEqual(id, opened.id)
    assert.deepStrictEqual(found, { plugin: "geo", request, signal, proxyUrl: "http://proxy.invalid" })
    opened.close()
    assert.isUndefined(scopes.find(opened.id))
    assert.strictEqual(scopes.size(), 0)
  })

  it("have decimal IDs that are never used again", () => {
    const scopes = makeCallbackScopes()
    const ids = Array.from({ length: 100 }, () => {
      const opened = scopes.open({ plugin: "geo" })
      opened.close()
      return opened.id
    })
    assert.strictEqual(new Set(ids).size, 100)
    assert.isTrue(ids.every((id) => /^[1-9][0-9]*$/.test(id)))
  })

  it("know nothing of other IDs", () => {
    const scopes = makeCallbackScopes()
    scopes.open({ plugin: "geo" })
    for (const id of ["", "0", "2", " 1", "1 ", "toString", "-1"]) assert.isUndefined(scopes.find(id))
  })

  it("run their finalizers once when they close, except those taken back", () => {
    const scopes = makeCallbackScopes()
    const opened = scopes.open({ plugin: "geo" })
    const scope = scopes.find(opened.id)!
    const ran: Array<string> = []
    scope.onClose(() => ran.push("kept"))
    scope.onClose(() => ran.push("taken back"))()
    opened.close()
    opened.close()
    assert.deepStrictEqual(ran, ["kept"])
    scope.onClose(() => ran.push("late"))
    assert.deepStrictEqual(ran, ["kept", "late"])
  })
})
