import { describe, expect, it } from "vitest"
import {
  frontendAuthGetsBody,
  interceptorGetsBody,
  managementBodyIsRaw,
  Registration,
  streamChunkBodiesFor,
  zeroValue
} from "../src/index.ts"

const zero = zeroValue(Registration)
const withFlags = (schema_version: number, ...flags: ReadonlyArray<string>): Registration => ({
  ...zero,
  schema_version,
  capabilities: { ...zero.capabilities, ...Object.fromEntries(flags.map((flag) => [flag, true])) }
})
const schemas = [1, 2, 3, 4, 5, 6, 7]

const phases = (registration: Registration) => [
  interceptorGetsBody(registration, "before"),
  interceptorGetsBody(registration, "after")
]

describe("a plugin's message schema", () => {
  it("166: takes the request bodies out of chunks from schema 3 on, and the history from schema 5 on", () => {
    for (const index of [0, 1, 5_000])
      expect(schemas.map((schema) => streamChunkBodiesFor(schema, index))).toEqual(
        schemas.map((schema) => ({ requestBodies: schema <= 2, history: schema <= 4 }))
      )
  })

  it("166: leaves all bodies in the call that starts a stream", () => {
    for (const schema of schemas)
      expect(streamChunkBodiesFor(schema, -1)).toEqual({ requestBodies: true, history: true })
  })

  it("185: has texts in management answers escaped up to schema 5", () => {
    expect(schemas.filter(managementBodyIsRaw)).toEqual([6, 7])
  })

  it("lets interceptors do without the body from schema 7 on, each phase for itself", () => {
    expect(phases(withFlags(7))).toEqual([true, true])
    expect(phases(withFlags(7, "request_interceptor_omit_body_before"))).toEqual([false, true])
    expect(phases(withFlags(7, "request_interceptor_omit_body_after"))).toEqual([true, false])
    for (const schema of [0, 1, 6])
      expect(
        phases(withFlags(schema, "request_interceptor_omit_body_before", "request_interceptor_omit_body_after"))
      ).toEqual([true, true])
  })

  it("lets client authentication do without the body from schema 7 on, by either spelling of the flag", () => {
    expect(frontendAuthGetsBody(withFlags(7))).toBe(true)
    for (const flag of ["frontend_auth_provider_omit_body", "frontend_auth_omit_body"])
      expect([frontendAuthGetsBody(withFlags(7, flag)), frontendAuthGetsBody(withFlags(6, flag))]).toEqual([
        false,
        true
      ])
  })
})
