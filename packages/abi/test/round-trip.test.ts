import { isDeepStrictEqual } from "node:util"
import { Duration, Result, Schema } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  Bytes,
  type Contract,
  contracts,
  DurationNanos,
  type ContractMethod,
  Time,
  type WireKind
} from "../src/index.ts"
import { encodeJson } from "../src/wire/json-text.ts"
import { arbitraryOf } from "./arbitrary-of.ts"

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** What comes back of a value. */
const returned = <T>(kind: WireKind<T>, value: T): T =>
  Schema.decodeUnknownSync(kind)(JSON.parse(JSON.stringify(kind.toWire(value))))

/** What is written reads back as it was, and the fast writer writes what the schema encodes. */
const check = <Request, Answer>(contract: Contract<ContractMethod, Request, Answer>) => {
  const requests = arbitraryOf(contract.request)
  const answers = arbitraryOf(contract.result)
  const encodeRequest = Schema.encodeSync(contract.request)
  const encodeResult = Schema.encodeSync(contract.result)

  it(`${contract.method}: the request reads back as it was, and both writers write the same bytes`, () => {
    const property = fc.property(requests, (request) => {
      const bytes = contract.encodeRequest(request)
      expect(isDeepStrictEqual(contract.parseRequest(bytes), Result.succeed(request))).toBe(true)
      expect(text(bytes)).toBe(text(encodeJson(encodeRequest(request))))
    })
    fc.assert(property, { numRuns: 50 })
  })

  it(`${contract.method}: the result reads back as it was, and both writers write the same JSON`, () => {
    const property = fc.property(answers, (answer) => {
      const written = JSON.stringify(contract.encodeResult(answer))
      expect(isDeepStrictEqual(contract.decodeResult(JSON.parse(written)), Result.succeed(answer))).toBe(true)
      expect(written).toBe(JSON.stringify(encodeResult(answer)))
    })
    fc.assert(property, { numRuns: 50 })
  })
}

describe("a message survives the trip over the wire", () => {
  for (const contract of Object.values(contracts))
    check(contract as unknown as Contract<ContractMethod, unknown, unknown>)

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
})
