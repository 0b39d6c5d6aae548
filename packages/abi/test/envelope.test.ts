import { describe, expect, it } from "vitest"
import { decodeEnvelope, encodeHostFailure, encodeSuccess } from "../src/index.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (of: Uint8Array) => new TextDecoder().decode(of)
const read = (json: string) => decodeEnvelope(bytes(json))
const failure = (json: string) => {
  const envelope = read(json)
  if (envelope._tag !== "Failure") throw new Error(`not a failure: ${JSON.stringify(envelope)}`)
  return envelope
}
const tags = (...answers: ReadonlyArray<string>) => answers.map((answer) => read(answer)._tag)

describe("an envelope that a plugin wrote", () => {
  it("counts a missing or null ok as failure", () => {
    expect(tags(`{"result":{"Handled":true}}`, `{"ok":null}`, `{}`, `null`)).toEqual(Array(4).fill("Failure"))
  })

  it("gets the message `plugin call failed` when it has no error or a blank message", () => {
    for (const answer of [`{"ok":false}`, `{"ok":false,"error":null}`, `{"ok":false,"error":{"message":" \\n"}}`])
      expect(failure(answer).error.message).toBe("plugin call failed")
  })

  it("tells an error object from its absence", () => {
    expect(failure(`{"ok":false,"error":{}}`).errorGiven).toBe(true)
    expect(failure(`{"ok":false,"error":null}`).errorGiven).toBe(false)
    expect(failure(`{"ok":false}`).errorGiven).toBe(false)
  })

  it("has its error message trimmed and its code and retryable kept", () => {
    expect(failure(`{"ok":false,"error":{"code":" c ","message":"  no credit\\n","retryable":true}}`)).toEqual({
      _tag: "Failure",
      errorGiven: true,
      error: { code: " c ", message: "no credit", retryable: true }
    })
  })

  it("gives an HTTP status above 0 and no other", () => {
    expect(failure(`{"ok":false,"error":{"http_status":402}}`).error.httpStatus).toBe(402)
    for (const status of ["0", "-1", "null"])
      expect(failure(`{"ok":false,"error":{"http_status":${status}}}`).error).not.toHaveProperty("httpStatus")
  })

  it("succeeds by ok: true whatever error stands beside it", () => {
    expect(read(`{"error":{"message":"x"},"ok":true,"result":1}`)).toEqual({ _tag: "Success", result: 1 })
  })

  it("has an empty result when result is missing or null", () => {
    expect(read(`{"ok":true}`)).toEqual({ _tag: "Success", result: undefined })
    expect(read(`{"ok":true,"result":null}`)).toEqual({ _tag: "Success", result: undefined })
  })

  it("is malformed when a field has the wrong type, also beside ok: true", () => {
    const wrong = [
      `{"ok":1}`,
      `{"ok":"true"}`,
      `{"ok":true,"error":"text"}`,
      `{"ok":false,"error":[]}`,
      `{"ok":false,"error":{"code":4}}`,
      `{"ok":false,"error":{"message":{}}}`,
      `{"ok":false,"error":{"retryable":"no"}}`,
      `{"ok":false,"error":{"http_status":"402"}}`,
      `{"ok":false,"error":{"http_status":402.5}}`,
      `[]`,
      `"ok"`,
      `true`
    ]
    expect(tags(...wrong)).toEqual(wrong.map(() => "Malformed"))
    expect(read(`{"ok":false,"error":{"http_status":"402"}}`)).toEqual({
      _tag: "Malformed",
      detail: "error.http_status: expected integer, found string"
    })
  })

  it("matches field names in any case and takes the last of several", () => {
    expect(read(`{"OK":true,"Result":{"a":1}}`)).toEqual({ _tag: "Success", result: { a: 1 } })
    expect(failure(`{"ok":true,"Ok":false,"ERROR":{"Code":"a","CODE":"b","Http_Status":500}}`).error).toEqual({
      code: "b",
      message: "plugin call failed",
      retryable: false,
      httpStatus: 500
    })
    expect(failure(`{"ok":false,"error":{"httpStatus":500}}`).error).not.toHaveProperty("httpStatus")
  })

  it("ignores unknown fields", () => {
    expect(read(`{"ok":true,"extra":[1],"constructor":2,"__proto__":{"ok":false}}`)._tag).toBe("Success")
  })

  it("may have white space around it, and nothing else", () => {
    expect(tags(` \t\r\n{"ok":true}\r\n\t `)).toEqual(["Success"])
    const wrong = [`{"ok":true}\0`, `{"ok":true}}`, `{"ok":true}{"ok":true}`, `{"ok":true}x`, `\ufeff{"ok":true}`]
    expect(tags(...wrong)).toEqual(wrong.map(() => "Malformed"))
  })

  it("is malformed when it is empty, and the detail shows none of its content", () => {
    expect(decodeEnvelope(new Uint8Array())).toEqual({ _tag: "Malformed", detail: "no bytes where JSON was expected" })
    const detail = JSON.stringify(read(`{"key":"sk-live-123" oops`))
    expect(detail).toContain("not JSON")
    expect(detail).not.toContain("sk-live")
  })

  it("has invalid UTF-8 in texts replaced, and is malformed when the invalid bytes stand elsewhere", () => {
    const message = Buffer.from(`{"ok":false,"error":{"message":"a?b","code":"\\ud800"}}`)
    message[message.indexOf("?")] = 0xff
    expect(decodeEnvelope(message)).toMatchObject({ error: { message: "a\ufffdb", code: "\ufffd" } })
    expect(decodeEnvelope(Uint8Array.of(0x7b, 0xff, 0x7d))._tag).toBe("Malformed")
  })
})

describe("an envelope that the host writes", () => {
  it("carries the result, or an empty object when there is none", () => {
    expect(text(encodeSuccess({ a: [1] }))).toBe(`{"ok":true,"result":{"a":[1]}}`)
    expect(text(encodeSuccess(undefined))).toBe(`{"ok":true,"result":{}}`)
  })

  it("carries host_call_failed and the message for every failure, never retryable, and a status only where there is one", () => {
    expect(text(encodeHostFailure(`no "stream"`))).toBe(
      `{"ok":false,"error":{"code":"host_call_failed","message":"no \\"stream\\""}}`
    )
    expect(text(encodeHostFailure("slow down", 429))).toBe(
      `{"ok":false,"error":{"code":"host_call_failed","message":"slow down","http_status":429}}`
    )
  })

  it("holds no half of a surrogate pair, and leaves backslashes alone", () => {
    const value = { "k\udc00": "\ud83d!", pair: "😀", path: String.raw`C:\ud83d` }
    expect(JSON.parse(text(encodeSuccess(value)))).toEqual({
      ok: true,
      result: { "k\ufffd": "\ufffd!", pair: "😀", path: String.raw`C:\ud83d` }
    })
  })
})
