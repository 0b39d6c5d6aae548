import { describe, expect, it } from "vitest"
import { applyHeaderChanges, statusOrOk, terminationStatus } from "../src/index.ts"

const current = { "User-Agent": ["cli/1"], "X-Team": ["red"], Cookie: ["a=1", "b=2"] }

describe("an interceptor's answer", () => {
  it("151: removes ClearHeaders before it sets Headers, so that a field in both has the new values", () => {
    const changes = { ClearHeaders: ["cookie", "X-TEAM", "x-unknown"], Headers: { "x-team": ["blue"] } }
    expect(applyHeaderChanges(current, changes)).toEqual({ "User-Agent": ["cli/1"], "X-Team": ["blue"] })
  })

  it("replaces all values of a field whatever the case of its name, and leaves other fields alone", () => {
    const changes = { ClearHeaders: [], Headers: { COOKIE: ["c=3"], cookie: ["d=4"], "x-new": ["1"] } }
    expect(applyHeaderChanges(current, changes)).toEqual({ ...current, Cookie: ["c=3", "d=4"], "X-New": ["1"] })
    expect(applyHeaderChanges(current, { ClearHeaders: [], Headers: {} })).toEqual(current)
  })

  it("removes a field that it gives no values, also one under another case", () => {
    const { Cookie, ...others } = current
    expect(applyHeaderChanges({ ...others, cookie: Cookie }, { ClearHeaders: [], Headers: { Cookie: [] } })).toEqual(
      others
    )
  })

  it("152: ends a request with its status, and with 403 when that is none for a final answer", () => {
    expect([200, 429, 599].map(terminationStatus)).toEqual([200, 429, 599])
    expect([0, -1, 100, 199, 600].map(terminationStatus)).toEqual(Array(5).fill(403))
  })
})

it("147, 186: a status of 0 means 200", () => {
  expect([0, 204, 502].map(statusOrOk)).toEqual([200, 204, 502])
})
