import { describe, it, assert } from "@effect/vitest"

import { makeManagementKeyCheck } from "../src/management/management-key.ts"

const minute = 60_000
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

describe("the check of the management key", () => {
  it("knows nobody while there is no key, not even who sends none", () => {
    const check = makeManagementKeyCheck(() => ({ secretKey: "", allowRemote: true }))
    assert.strictEqual(check(bearer(""), "127.0.0.1", 0), "Off")
    assert.strictEqual(check({}, "127.0.0.1", 0), "Off")
  })

  it("takes the key from either header, the one of its own name first", () => {
    const check = makeManagementKeyCheck(() => ({ secretKey: "right", allowRemote: false }))
    assert.strictEqual(check(bearer("right"), "127.0.0.1", 0), "Allowed")
    assert.strictEqual(check({ "x-management-key": "right", authorization: "Bearer wrong" }, "::1", 0), "Allowed")
    assert.strictEqual(check({ "x-management-key": "wrong", authorization: "Bearer right" }, "::1", 0), "Wrong")
    assert.strictEqual(check({}, "127.0.0.1", 0), "Missing")
  })

  it("tells this machine from others by the connection's peer, in either notation", () => {
    const check = makeManagementKeyCheck(() => ({ secretKey: "right", allowRemote: false }))
    for (const peer of ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]) {
      assert.strictEqual(check(bearer("right"), peer, 0), "Allowed", peer)
    }
    for (const peer of ["10.0.0.1", "::ffff:10.0.0.1", "fe80::1", "", undefined]) {
      assert.strictEqual(check(bearer("right"), peer, 0), "Remote", peer)
    }
  })

  it("does not let a web page of another origin shut out the operator who visits it", () => {
    const check = makeManagementKeyCheck(() => ({ secretKey: "right", allowRemote: false }))
    for (const origin of ["https://page.example", "null", "http://10.0.0.1"]) {
      for (let time = 0; time < 9; time++) {
        const page = check({ ...bearer("guess"), origin, host: "127.0.0.1:8317" }, "127.0.0.1", time)
        assert.include(["Wrong", "Banned"], page)
      }
      assert.strictEqual(check({ ...bearer("right"), origin }, "127.0.0.1", 9), "Banned", "and pages do not guess on")
    }
    assert.strictEqual(check(bearer("right"), "127.0.0.1", 9), "Allowed")
    const own = { origin: "http://127.0.0.1:8317", host: "127.0.0.1:8317" }
    assert.strictEqual(check({ ...bearer("right"), ...own }, "127.0.0.1", 9), "Allowed")
  })

  it("shuts a peer out for half an hour after five wrong keys in a row, and no other peer", () => {
    const check = makeManagementKeyCheck(() => ({ secretKey: "right", allowRemote: true }))
    const guess = (now: number) => check(bearer("guess"), "10.0.0.1", now)
    for (let time = 0; time < 4; time++) assert.strictEqual(guess(time), "Wrong")
    assert.strictEqual(check(bearer("right"), "10.0.0.1", 4), "Allowed")
    for (let time = 5; time < 10; time++) assert.strictEqual(guess(time), "Wrong")
    assert.strictEqual(check(bearer("right"), "::ffff:10.0.0.1", 10), "Banned")
    assert.strictEqual(check(bearer("right"), "10.0.0.2", 10), "Allowed")
    assert.strictEqual(check(bearer("right"), "10.0.0.1", 9 + 30 * minute - 1), "Banned")
    assert.strictEqual(check(bearer("right"), "10.0.0.1", 9 + 30 * minute), "Allowed")
  })

  it("does not count a missing key as a guess", () => {
    const check = makeManagementKeyCheck(() => ({ secretKey: "right", allowRemote: true }))
    for (let time = 0; time < 20; time++) assert.strictEqual(check({}, "10.0.0.1", time), "Missing")
    assert.strictEqual(check(bearer("right"), "10.0.0.1", 20), "Allowed")
  })

  it("remembers a bounded number of peers", () => {
    const check = makeManagementKeyCheck(() => ({ secretKey: "right", allowRemote: true }))
    for (let time = 0; time < 5; time++) check(bearer("guess"), "first", time)
    assert.strictEqual(check({}, "first", 5), "Banned")
    for (let peer = 0; peer < 10_000; peer++) check(bearer("guess"), `peer-${peer}`, 6)
    assert.strictEqual(check({}, "first", 7), "Missing")
  })
})
