import { Duration, Result, Schema } from "effect"
import { describe, expect, it } from "vitest"
import {
  Bytes,
  BytesList,
  DurationNanos,
  goStruct,
  Headers,
  hostLog,
  Int,
  JsonMap,
  listOf,
  modelForAuth,
  Null,
  pluginRegister,
  schedulerPick,
  Str,
  StringList,
  StrMap,
  Time,
  Uint32,
  type WireKind,
  zeroValue
} from "../src/index.ts"
import { describeIssue } from "../src/wire-error.ts"

/** The value, or `problem: ...`. */
const read = <T>(kind: WireKind<T>, value: unknown) =>
  Result.match(Schema.decodeUnknownResult(kind)(value), {
    onSuccess: (decoded): unknown => decoded,
    onFailure: (error) => `problem: ${describeIssue(error.issue)}`
  })
/** The values that are read without a problem; none, when all are refused. */
const accepted = <T>(kind: WireKind<T>, values: ReadonlyArray<unknown>) =>
  values.filter((value) => !String(read(kind, value)).startsWith("problem: "))
const pick = (json: string) => Result.getOrThrow(schedulerPick.decodeResult(JSON.parse(json)))
const message = <T, E extends Error>(result: Result.Result<T, E>) =>
  Result.isFailure(result) ? result.failure.message : "no failure"

const update = (name: string) => modelForAuth.decodeResult({ provider: "lab", [name]: { file_name: "a", LABEL: "b" } })

describe("a result that a plugin wrote", () => {
  it("fails when it has the wrong JSON type", () => {
    for (const wrong of [[], "text", 1, true])
      expect(message(schedulerPick.decodeResult(wrong))).toMatch(/^result of scheduler\.pick: expected object, found /)
  })

  it("is the zero value when it is missing or null", () => {
    const zero = zeroValue(schedulerPick.result)
    expect(zero).toMatchObject({ AuthID: "", DelegateBuiltin: "", Handled: false, Reject: false })
    for (const nothing of [undefined, null, {}])
      expect(schedulerPick.decodeResult(nothing)).toEqual(Result.succeed(zero))
  })

  it("matches field names in any case, but auth_update does not match AuthUpdate", () => {
    expect(pick(`{"authid":"a","HANDLED":true}`)).toMatchObject({ AuthID: "a", Handled: true })
    expect(Result.getOrThrow(update("authupdate"))).toMatchObject({
      Provider: "lab",
      AuthUpdate: { FileName: "", Label: "b" }
    })
    expect(Result.getOrThrow(update("auth_update"))).toMatchObject({ AuthUpdate: { Label: "" } })
  })

  it("may have snake_case names where the ABI allows it, and the field's own name wins", () => {
    const snake = `{"auth_id":"a","Delegate_Builtin":"b","handled":true,"reject":true,"reject_reason":"c","reject_code":"d"}`
    expect(pick(snake)).toEqual({
      AuthID: "a",
      DelegateBuiltin: "b",
      Handled: true,
      Reject: true,
      RejectReason: "c",
      RejectCode: "d",
      AuthIDs: []
    })
    expect(pick(`{"AuthID":"own","auth_id":"other"}`).AuthID).toBe("own")
    expect(pick(`{"auth_id":"other","AUTHID":"own"}`).AuthID).toBe("own")
    expect(pick(`{"AuthID":"","auth_id":"other"}`).AuthID).toBe("")
    expect(pick(`{"AuthID":null,"auth_id":"other","AUTH_ID":"last"}`).AuthID).toBe("last")
    expect(message(schedulerPick.decodeResult({ auth_id: 1 }))).toContain("AuthID: expected string, found number")
  })

  it("takes the last of duplicate fields, also across spellings", () => {
    expect(pick(`{"AuthID":"a","AuthID":"b"}`).AuthID).toBe("b")
    expect(pick(`{"AuthID":"a","authid":"b"}`).AuthID).toBe("b")
    expect(pick(`{"authid":"a","AuthID":"b"}`).AuthID).toBe("b")
  })

  it("may have unknown fields and null fields", () => {
    const json = `{"AuthID":null,"Handled":null,"Ranked":[1],"__proto__":{"AuthID":"x"},"constructor":1}`
    expect(schedulerPick.decodeResult(JSON.parse(json))).toEqual(Result.succeed(zeroValue(schedulerPick.result)))
  })

  it("fails for a quoted number, a fraction where an integer belongs and a number where a bool belongs", () => {
    expect(message(pluginRegister.decodeResult({ schema_version: "1" }))).toBe(
      "result of plugin.register: schema_version: expected integer from 0 to 4294967295, found string"
    )
    expect(message(schedulerPick.decodeResult({ Handled: 1 }))).toBe(
      "result of scheduler.pick: Handled: expected bool, found number"
    )
    expect(accepted(Int, ["1", 1.5, true, {}, [], 2 ** 53, Number.NaN])).toEqual([])
    expect(accepted(Uint32, [-1, 2 ** 32, 0.5, "7"])).toEqual([])
    expect([read(Int, -7), read(Int, null), read(Uint32, 2 ** 32 - 1)]).toEqual([-7, 0, 2 ** 32 - 1])
    expect(Object.is(read(Int, -0), 0)).toBe(true)
  })

  it("names the place of the first fault, and shows no value", () => {
    const wrong = { metadata: { ConfigFields: [{}, { EnumValues: ["fine", { key: "sk-live-123" }] }] } }
    expect(message(pluginRegister.decodeResult(wrong))).toBe(
      "result of plugin.register: metadata.ConfigFields[1].EnumValues[1]: expected string, found object"
    )
    const fields = { ["x".repeat(2_000)]: 1 }
    const long = Schema.decodeUnknownResult(StrMap)(fields)
    expect(Result.isFailure(long) && describeIssue(long.failure.issue).length).toBe(500)
  })
})

describe("a kind of value", () => {
  it("reads bytes from padded standard base64, an empty text, null and a list of 0 to 255", () => {
    expect(read(Bytes, "+/8=")).toEqual(Uint8Array.of(0xfb, 0xff))
    expect(read(Bytes, "aGV\r\nsbG8=\n")).toEqual(new TextEncoder().encode("hello"))
    expect(read(Bytes, [0, 255, 10])).toEqual(Uint8Array.of(0, 255, 10))
    for (const empty of ["", null, [], "\n"]) expect(read(Bytes, empty)).toEqual(new Uint8Array())
    expect(read(BytesList, ["AA==", null, [1]])).toEqual([Uint8Array.of(0), new Uint8Array(), Uint8Array.of(1)])
  })

  it("refuses unpadded, URL-safe and other base64, and lists of other things", () => {
    expect(
      accepted(Bytes, ["aGVsbG8", "-_8=", "aGVs bG8=", "=", "====", "A===", "AA==AA==", "A=A=", 5, {}, true])
    ).toEqual([])
    expect(accepted(Bytes, [[256], [-1], [1.5], ["1"], [null]])).toEqual([])
    expect(accepted(BytesList, ["AA==", ["AA"]])).toEqual([])
  })

  it("reads 64 MiB of base64", () => {
    const large = Buffer.alloc(64 * 1024 * 1024, 7)
    const decoded = read(Bytes, large.toString("base64"))
    expect(decoded instanceof Uint8Array && large.equals(decoded)).toBe(true)
  })

  it("reads headers as lists, and refuses a plain text as a value", () => {
    expect(read(Headers, { "x-a": ["1", null], "X-B": null })).toEqual({ "x-a": ["1", ""], "X-B": [] })
    expect(read(Headers, { "X-A": "1" })).toBe(`problem: ["X-A"]: expected array, found string`)
    expect(accepted(Headers, [[], "a", { a: [1] }])).toEqual([])
  })

  it("reads lists and maps from null, and null elements as zero values", () => {
    expect([read(StringList, null), read(StrMap, null), read(JsonMap, null)]).toEqual([[], {}, {}])
    expect([read(StringList, [null]), read(StrMap, { a: null })]).toEqual([[""], { a: "" }])
    expect(read(listOf(goStruct({ A: Int })), [null, { a: 1 }])).toEqual([{ A: 0 }, { A: 1 }])
    expect(accepted(StrMap, [{ a: 1 }, []])).toEqual([])
    expect(accepted(StringList, ["a", [1], {}])).toEqual([])
  })

  it("keeps keys that objects have by nature as ordinary keys of a map", () => {
    const json: unknown = JSON.parse(`{"__proto__":"a","constructor":"b"}`)
    for (const map of [read(StrMap, json), read(JsonMap, json)]) {
      expect(JSON.stringify(map)).toBe(`{"__proto__":"a","constructor":"b"}`)
      expect(Object.getPrototypeOf(map)).toBe(Object.prototype)
    }
  })

  it("reads times with any offset and up to nine digits of a second", () => {
    expect(read(Time, "2030-01-02T03:04:05Z")).toEqual(new Date("2030-01-02T03:04:05.000Z"))
    expect(read(Time, "2030-01-02T03:04:05.123456789+05:30")).toEqual(new Date("2030-01-01T21:34:05.123Z"))
    expect(read(Time, "0099-12-31T23:59:59.5-00:30")).toEqual(new Date("0100-01-01T00:29:59.500Z"))
    expect(read(Time, "2030-01-02T03:04:05.57Z")).toEqual(new Date("2030-01-02T03:04:05.570Z"))
    expect(read(Time, "2028-02-29T00:00:00Z")).toEqual(new Date("2028-02-29T00:00:00Z"))
  })

  it("reads null and the zero time as no time", () => {
    for (const zero of [null, "0001-01-01T00:00:00Z", "0001-01-01T02:00:00+02:00"]) expect(read(Time, zero)).toBe(null)
  })

  it("refuses an empty time, numbers and days that don't exist", () => {
    expect(
      accepted(Time, ["", 0, 1_700_000_000, {}, "now", "2030-01-02", "2030-01-02 03:04:05Z", "2030-01-02T03:04:05"])
    ).toEqual([])
    expect(
      accepted(Time, ["2029-02-29T00:00:00Z", "2030-13-01T00:00:00Z", "2030-04-31T00:00:00Z", "2030-01-00T00:00:00Z"])
    ).toEqual([])
    expect(
      accepted(Time, [
        "2030-01-01T24:00:00Z",
        "2030-01-01T00:60:00Z",
        "2030-01-01T00:00:60Z",
        "2030-01-01T00:00:00+24:00"
      ])
    ).toEqual([])
    expect(accepted(Time, ["2030-01-01T00:00:00.Z", "2030-01-01T00:00:00.1234567890Z"])).toEqual([])
  })

  it("reads durations as integer nanoseconds", () => {
    expect(read(DurationNanos, 812_000_000)).toEqual(Duration.nanos(812_000_000n))
    expect(read(DurationNanos, null)).toEqual(Duration.zero)
    expect(accepted(DurationNanos, [1.5, "5s", 2 ** 64])).toEqual([])
  })

  it("refuses anything but null in a slot that must stay empty", () => {
    const Route = goStruct({ Path: Str, Handler: Null })
    expect(read(Route, { Path: "/a", Handler: null })).toEqual({ Path: "/a", Handler: null })
    expect(read(Route, { Path: "/a" })).toEqual({ Path: "/a", Handler: null })
    expect(accepted(Route, [{ Handler: {} }, { Handler: "f" }, { Handler: false }])).toEqual([])
  })

  it("has a zero value", () => {
    expect(zeroValue(hostLog.request)).toEqual({ host_callback_id: "", level: "", message: "", fields: {} })
  })
})

describe("the request of a host call", () => {
  it("is read from bytes", () => {
    const request = new TextEncoder().encode(`{"Level":"info","MESSAGE":"slot acquired","fields":{"n":2}}`)
    expect(hostLog.parseRequest(request)).toEqual(
      Result.succeed({ host_callback_id: "", level: "info", message: "slot acquired", fields: { n: 2 } })
    )
  })

  it("fails with a reason when it is not JSON or has a wrong type", () => {
    expect(message(hostLog.parseRequest(new Uint8Array()))).toBe(
      "request of host.log: no bytes where JSON was expected"
    )
    expect(message(hostLog.parseRequest(new TextEncoder().encode(`{"level":3}`)))).toBe(
      "request of host.log: level: expected string, found number"
    )
  })
})
