import { Duration } from "effect"
import { describe, expect, it } from "vitest"
import {
  Bool,
  Bytes,
  BytesList,
  DurationNanos,
  goStruct,
  Headers,
  hostLog,
  Int,
  Json,
  JsonMap,
  pluginRegister,
  RequestMetadata,
  type SchedulerAuthCandidate,
  schedulerPick,
  type SchedulerPickRequest,
  Str,
  StringList,
  StrMap,
  Time,
  WireError,
  zeroValue
} from "../src/index.ts"

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const wire = (value: unknown) => JSON.stringify(value)

const candidate: SchedulerAuthCandidate = {
  ID: "claude-a.json",
  Provider: "claude",
  Priority: 0,
  Status: "active",
  Attributes: { note: "eu" },
  Metadata: {}
}
const pick: SchedulerPickRequest = { ...zeroValue(schedulerPick.request), Candidates: [candidate] }

describe("a request that the host writes", () => {
  it("is compact JSON with the exact field names in table order, all fixed fields present", () => {
    expect(text(schedulerPick.encodeRequest({ ...pick, Model: "claude-sonnet-4-5", Providers: ["claude"] }))).toBe(
      `{"Plugin":{"Name":"","Version":"","Author":"","GitHubRepository":"","Logo":"","ConfigFields":null},` +
        `"Provider":"","Providers":["claude"],"Model":"claude-sonnet-4-5","Stream":false,` +
        `"Options":{"Headers":null,"Metadata":null},"Candidates":[{"ID":"claude-a.json","Provider":"claude",` +
        `"Priority":0,"Status":"active","Attributes":{"note":"eu"},"Metadata":null}]}`
    )
    const lifecycle = { config_yaml: new TextEncoder().encode("enabled: true\n"), schema_version: 7 }
    expect(text(pluginRegister.encodeRequest(lifecycle))).toBe(
      `{"config_yaml":"ZW5hYmxlZDogdHJ1ZQo=","schema_version":7}`
    )
  })

  it("has the same order of fields whatever order the value has", () => {
    const { Candidates, Plugin, ...others } = pick
    const reordered = { Candidates, ...others, Plugin }
    expect(Object.keys(reordered)).not.toEqual(Object.keys(pick))
    expect(text(schedulerPick.encodeRequest(reordered))).toBe(text(schedulerPick.encodeRequest(pick)))
    const written = Object.keys(Object(schedulerPick.request.toWire(reordered)))
    expect(written).toEqual(Object.keys(pick).filter((name) => written.includes(name)))
    expect(wire(hostLog.request.toWire({ fields: {}, message: "m", level: "info", host_callback_id: "1" }))).toBe(
      `{"host_callback_id":"1","level":"info","message":"m"}`
    )
  })

  it("has null for empty bytes, lists and maps", () => {
    expect([Bytes.toWire(new Uint8Array()), BytesList.toWire([]), StringList.toWire([])]).toEqual([null, null, null])
    expect([StrMap.toWire({}), Headers.toWire({}), JsonMap.toWire({})]).toEqual([null, null, null])
    expect(wire(Headers.toWire({ "X-A": [] }))).toBe(`{"X-A":null}`)
    expect(wire(BytesList.toWire([new Uint8Array(), Uint8Array.of(255)]))).toBe(`[null,"/w=="]`)
  })

  it("has the keys of maps in sorted order", () => {
    expect(wire(StrMap.toWire({ b: "1", a: "2", B: "3" }))).toBe(`{"B":"3","a":"2","b":"1"}`)
  })

  it("has host_callback_id and stream_id at top level, and leaves them out when they are empty", () => {
    const Execute = goStruct(
      { Model: Str, Stream: Bool, host_callback_id: Str, stream_id: Str },
      { omittedWhenEmpty: ["host_callback_id", "stream_id"] }
    )
    expect(wire(Execute.toWire({ Model: "", Stream: false, host_callback_id: "12", stream_id: "" }))).toBe(
      `{"Model":"","Stream":false,"host_callback_id":"12"}`
    )
    expect(text(hostLog.encodeRequest(zeroValue(hostLog.request)))).toBe("{}")
  })

  it("leaves out metadata that is not JSON, and has null for an empty map at any depth", () => {
    const cycle: { [key: string]: unknown } = { kept: 1 }
    cycle["self"] = cycle
    const metadata = {
      text: "a",
      call: () => 1,
      symbol: Symbol("s"),
      missing: undefined,
      large: 1n,
      none: Number.NaN,
      list: [() => 1, 2],
      at: new Date("2030-01-01T00:00:00Z"),
      raw: Uint8Array.of(255),
      cycle,
      empty: { deep: {} }
    }
    expect(RequestMetadata.toWire(metadata)).toEqual({
      at: "2030-01-01T00:00:00.000Z",
      cycle: { kept: 1 },
      empty: { deep: null },
      list: [null, 2],
      raw: "/w==",
      text: "a"
    })
    expect(RequestMetadata.toWire({ call: () => 1 })).toBe(null)
    expect(text(schedulerPick.encodeRequest({ ...pick, Options: { Headers: {}, Metadata: metadata } }))).toContain(
      `"Options":{"Headers":null,"Metadata":{"at":"2030-01-01T00:00:00.000Z","cycle":{"kept":1},"empty":{"deep":null},`
    )
  })

  it("stays writable when metadata is nested without end", () => {
    let deep: unknown = "bottom"
    for (let level = 0; level < 100_000; level++) deep = [deep]
    expect(wire(JsonMap.toWire({ deep }))).toMatch(/^\{"deep":\[{400,}/)
  })

  it("has integers without fraction or exponent, and is refused with the place when a number is none", () => {
    expect(wire(Int.toWire(Number.MAX_SAFE_INTEGER))).toBe("9007199254740991")
    for (const Priority of [1.5, Number.NaN, Infinity, 1e21]) {
      const wrong = { ...pick, Candidates: [candidate, { ...candidate, Priority }] }
      expect(() => schedulerPick.encodeRequest(wrong)).toThrow(WireError)
      expect(() => schedulerPick.encodeRequest(wrong)).toThrow(
        /^request of scheduler\.pick: Candidates\[1\]\.Priority: expected integer$/
      )
    }
  })

  it("has durations as integer nanoseconds that a 64-bit integer holds", () => {
    expect(wire(DurationNanos.toWire(Duration.millis(812)))).toBe("812000000")
    expect(wire(DurationNanos.toWire(Duration.weeks(1e6)))).toBe("9223372036854775000")
    expect(() => DurationNanos.toWire(Duration.infinity)).toThrow("finite")
  })

  it("has times in UTC without needless digits, and the year 1 for no time", () => {
    expect(Time.toWire(null)).toBe("0001-01-01T00:00:00Z")
    expect(Time.toWire(new Date("2030-01-01T00:00:00Z"))).toBe("2030-01-01T00:00:00Z")
    expect(Time.toWire(new Date("2030-01-01T00:00:10.500Z"))).toBe("2030-01-01T00:00:10.5Z")
    for (const wrong of [new Date(Number.NaN), new Date("+010000-01-01T00:00:00Z")])
      expect(() => Time.toWire(wrong)).toThrow("valid Date")
  })

  it("has inline JSON as it is", () => {
    expect(wire(Json.toWire({ a: [null, {}, "b"] }))).toBe(`{"a":[null,{},"b"]}`)
  })
})
