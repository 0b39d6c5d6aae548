import { describe, expect, it } from "vitest"
import { canonicalHeaderName, canonicalHeaders } from "../src/index.ts"

describe("header names", () => {
  it("start each part with a capital and go on in lower case", () => {
    const names = { "content-type": "Content-Type", "X-REQUEST-ID": "X-Request-Id", etag: "Etag", "a--b": "A--B" }
    for (const [name, canonical] of Object.entries(names)) expect(canonicalHeaderName(name)).toBe(canonical)
    expect(canonicalHeaderName("x_custom-1st.b")).toBe("X_custom-1st.b")
  })

  it("stay as they are when they hold a character that no header name has", () => {
    for (const name of ["", "content type", "x:y", "é-b", "a-b\n", "ſ-b"]) expect(canonicalHeaderName(name)).toBe(name)
  })

  it("that fall together keep all their values in order", () => {
    const headers = canonicalHeaders([
      ["x-a", "1"],
      ["Accept", "*/*"],
      ["X-A", "2"],
      ["__proto__", "3"]
    ])
    expect(JSON.stringify(headers)).toBe(`{"X-A":["1","2"],"Accept":["*/*"],"__proto__":["3"]}`)
  })
})
