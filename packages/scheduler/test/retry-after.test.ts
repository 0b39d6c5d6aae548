import { describe, expect, it } from "vitest"
import { retryAfterMs } from "../src/index.ts"

const now = Date.UTC(1994, 10, 6, 8, 49, 7)

describe("retry-after", () => {
  it.each([
    [{ "retry-after": "120" }, 120_000],
    [{ "Retry-After": "1.5" }, 1_500],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": ["7", "9"] }, 7_000],
    [{ "retry-after-ms": "250", "retry-after": "120" }, 250],
    [{ "retry-after-ms": "soon", "retry-after": "2" }, 2_000],
    [{ "retry-after": "Sun, 06 Nov 1994 08:49:37 GMT" }, 30_000],
    [{ "retry-after": "Sunday, 06-Nov-94 08:49:37 GMT" }, 30_000],
    [{ "retry-after": "Sun Nov  6 08:49:37 1994" }, 30_000],
    [{ "retry-after": "Sun, 06 Nov 1994 08:00:00 GMT" }, 0]
  ])("%j asks to wait %d ms", (headers, wait) => {
    expect(retryAfterMs(headers, now)).toBe(wait)
  })

  it.each([{}, { "retry-after": "" }, { "retry-after": "-5" }, { "retry-after": "later" }, { "retry-after": "1e3" }])(
    "%j asks for nothing that can be read",
    (headers) => {
      expect(retryAfterMs(headers, now)).toBeUndefined()
    }
  )
})
