import { Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type AnyContract,
  type Contract,
  type ContractMethod,
  contracts,
  decodeEnvelope,
  encodeSuccess,
  WireError
} from "../src/index.ts"
import { arbitraryOf } from "./arbitrary-of.ts"

const good = Object.values(contracts).flatMap((some) => {
  const contract = some as unknown as Contract<ContractMethod, unknown, unknown>
  return [
    arbitraryOf(contract.request).map((value) => contract.encodeRequest(value)),
    arbitraryOf(contract.result).map((value) => encodeSuccess(contract.encodeResult(value)))
  ]
})
const message = fc.oneof(
  ...good,
  fc.constant(new TextEncoder().encode(`{"ok":false,"error":{"code":"c","message":"m","http_status":402}}`))
)

/** A good message in which some bytes were changed, taken out or put in. */
const mutated = fc
  .tuple(message, fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom("set", "drop", "insert")), { maxLength: 8 }))
  .map(([bytes, changes]) => {
    const copy = [...bytes]
    for (const [place, byte, change] of changes)
      copy.splice(place % Math.max(1, copy.length), change === "insert" ? 0 : 1, ...(change === "drop" ? [] : [byte]))
    return Uint8Array.from(copy)
  })

const readers = Object.values(contracts).map(
  (contract: AnyContract) =>
    (bytes: Uint8Array, result: unknown): ReadonlyArray<Result.Result<unknown, WireError>> => [
      contract.parseRequest(bytes),
      contract.decodeResult(result)
    ]
)

/** Reads the bytes in every way; gives the faults that are not typed or not bounded. */
const faults = (bytes: Uint8Array): ReadonlyArray<unknown> => {
  const envelope = decodeEnvelope(bytes)
  const results = readers.flatMap((read) => read(bytes, envelope._tag === "Success" ? envelope.result : envelope._tag))
  return results
    .filter(Result.isFailure)
    .filter(({ failure }) => !(failure instanceof WireError) || failure.detail.length > 500)
}

describe("a message of any bytes", () => {
  it("is read without throwing when it is noise", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(faults(bytes)).toEqual([])
      }),
      { numRuns: 300 }
    )
  })

  it("is read without throwing when it was damaged on the way", () => {
    fc.assert(
      fc.property(mutated, (bytes) => {
        expect(faults(bytes)).toEqual([])
      }),
      { numRuns: 300 }
    )
  })

  it("is read without throwing when it is JSON of some other shape", () => {
    const check = fc.property(fc.jsonValue(), (result) => {
      expect(faults(encodeSuccess(result))).toEqual([])
    })
    fc.assert(check, { numRuns: 300 })
  })

  it("is read without throwing when it is nested without end", () => {
    const depth = 40_000
    expect(
      faults(Buffer.from(`{"ok":true,"result":{"fields":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}}`))
    ).toEqual([])
    expect(faults(Buffer.from(`{"ok":true,"result":${`{"metadata":`.repeat(depth)}1${"}".repeat(depth)}}`))).toEqual([])
    expect(faults(Buffer.from("[".repeat(depth)))).toEqual([])
  })
})
