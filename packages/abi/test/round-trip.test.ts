import { isDeepStrictEqual } from "node:util"
import { Duration, Result, Schema } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  Bytes,
  type Contract,
  DurationNanos,
  Empty,
  hostLog,
  type HostMethod,
  pluginReconfigure,
  type PluginMethod,
  pluginRegister,
  schedulerPick,
  Time,
  type WireKind
} from "../src/index.ts"
import { encodeJson } from "../src/wire/json-text.ts"
import {
  hostLogRequest,
  lifecycleRequest,
  registration,
  schedulerPickRequest,
  schedulerPickResponse
} from "./arbitrary-message.ts"

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** What comes back of a value. */
const returned = <T>(kind: WireKind<T>, value: T): T =>
  Schema.decodeUnknownSync(kind)(JSON.parse(JSON.stringify(kind.toWire(value))))

/** What is written reads back as it was, and the fast writer writes what the schema encodes. */
const check = <Request, Answer>(
  contract: Contract<PluginMethod | HostMethod, Request, Answer>,
  requests: fc.Arbitrary<Request>,
  answers: fc.Arbitrary<Answer>
) => {
  describe(`of ${contract.method}`, () => {
    it("reads back the request that it wrote", () => {
      fc.assert(
        fc.property(requests, (request) => {
          const parsed = contract.parseRequest(contract.encodeRequest(request))
          expect(isDeepStrictEqual(parsed, Result.succeed(request))).toBe(true)
        })
      )
    })

    it("reads back the result that it wrote", () => {
      fc.assert(
        fc.property(answers, (answer) => {
          const parsed: unknown = JSON.parse(JSON.stringify(contract.encodeResult(answer)))
          expect(isDeepStrictEqual(contract.decodeResult(parsed), Result.succeed(answer))).toBe(true)
        })
      )
    })

    it("writes the bytes that its schemas encode", () => {
      const encodeRequest = Schema.encodeSync(contract.request)
      const encodeResult = Schema.encodeSync(contract.result)
      fc.assert(
        fc.property(requests, answers, (request, answer) => {
          expect(text(contract.encodeRequest(request))).toBe(text(encodeJson(encodeRequest(request))))
          expect(JSON.stringify(contract.encodeResult(answer))).toBe(JSON.stringify(encodeResult(answer)))
        })
      )
    })
  })
}

describe("a message survives the trip over the wire", () => {
  check(pluginRegister, lifecycleRequest, registration)
  check(pluginReconfigure, lifecycleRequest, registration)
  check(schedulerPick, schedulerPickRequest, schedulerPickResponse)
  check(hostLog, hostLogRequest, fc.constant({}))

  it("as bytes", () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => new Uint8Array(array))
    fc.assert(
      fc.property(bytes, (value) => {
        expect(returned(Bytes, value)).toEqual(value)
      })
    )
  })

  it("as a time", () => {
    const min = new Date("0001-01-01T00:00:00.001Z")
    const dates = fc.date({ min, max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true })
    fc.assert(
      fc.property(dates, (value) => {
        expect(returned(Time, value)).toEqual(value)
      })
    )
    expect(returned(Time, null)).toBe(null)
  })

  it("as a duration", () => {
    const durations = fc.maxSafeInteger().map((nanos) => Duration.nanos(BigInt(nanos)))
    fc.assert(
      fc.property(durations, (value) => {
        expect(returned(DurationNanos, value)).toEqual(value)
      })
    )
  })

  it("as the empty message", () => {
    expect(returned(Empty, {})).toEqual({})
  })
})
