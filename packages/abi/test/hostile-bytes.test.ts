import { Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type Contract,
  decodeEnvelope,
  encodeSuccess,
  hostLog,
  type HostMethod,
  type PluginMethod,
  pluginRegister,
  schedulerPick,
  WireError
} from "../src/index.ts"
import { registration, schedulerPickResponse } from "./arbitrary-message.ts"

const answer = fc.oneof(
  registration.map((value) => encodeSuccess(pluginRegister.encodeResult(value))),
  schedulerPickResponse.map((value) => encodeSuccess(schedulerPick.encodeResult(value))),
  fc.constant(new TextEncoder().encode(`{"ok":false,"error":{"code":"c","message":"m","http_status":402}}`))
)

/** A good answer in which some bytes were changed, taken out or put in. */
const mutated = fc
  .tuple(answer, fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom("set", "drop", "insert")), { maxLength: 8 }))
  .map(([bytes, changes]) => {
    const copy = [...bytes]
    for (const [place, byte, change] of changes)
      copy.splice(place % copy.length, change === "insert" ? 0 : 1, ...(change === "drop" ? [] : [byte]))
    return Uint8Array.from(copy)
  })

const reader =
  <Request, Answer>(contract: Contract<PluginMethod | HostMethod, Request, Answer>) =>
  (bytes: Uint8Array, result: unknown): ReadonlyArray<Result.Result<unknown, WireError>> => [
    contract.parseRequest(bytes),
    contract.decodeResult(result)
  ]

const readers = [reader(pluginRegister), reader(schedulerPick), reader(hostLog)]

/** Reads the bytes in every way; gives the faults that are not typed or not bounded. */
const faults = (bytes: Uint8Array): ReadonlyArray<unknown> => {
  const envelope = decodeEnvelope(bytes)
  const results = readers.flatMap((read) => read(bytes, envelope._tag === "Success" ? envelope.result : envelope._tag))
  return results
    .filter(Result.isFailure)
    .filter(({ failure }) => !(failure instanceof WireError) || failure.detail.length > 500)
}

describe("an answer of any bytes", () => {
  it("is read without throwing when it is noise", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(faults(bytes)).toEqual([])
      }),
      { numRuns: 2_000 }
    )
  })

  it("is read without throwing when it was damaged on the way", () => {
    fc.assert(
      fc.property(mutated, (bytes) => {
        expect(faults(bytes)).toEqual([])
      }),
      { numRuns: 2_000 }
    )
  })

  it("is read without throwing when it is JSON of some other shape", () => {
    const check = fc.property(fc.jsonValue(), (result) => {
      expect(faults(encodeSuccess(result))).toEqual([])
    })
    fc.assert(check, { numRuns: 2_000 })
  })

  it("is read without throwing when it is nested without end", () => {
    const depth = 200_000
    expect(
      faults(Buffer.from(`{"ok":true,"result":{"fields":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}}`))
    ).toEqual([])
    expect(faults(Buffer.from(`{"ok":true,"result":${`{"metadata":`.repeat(depth)}1${"}".repeat(depth)}}`))).toEqual([])
    expect(faults(Buffer.from("[".repeat(depth)))).toEqual([])
  })
})
