import { describe, expect, it } from "vitest"
import {
  Capabilities,
  capabilityFlags,
  HOST_SCHEMA_VERSION,
  isHostMethod,
  isPluginMethod,
  methodInfo,
  methods,
  methodsOfCapability,
  type MethodInfo,
  zeroValue
} from "../src/index.ts"

const rows: ReadonlyArray<MethodInfo> = methods
const inDirection = (direction: string) => rows.filter((row) => row.direction === direction)

describe("the method table", () => {
  it("has the 43 methods that a host calls and the 19 that a plugin calls", () => {
    expect(inDirection("plugin")).toHaveLength(43)
    expect(inDirection("host")).toHaveLength(19)
  })

  it("names no method twice", () => {
    expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length)
  })

  it("puts every host method under host. and no plugin method there", () => {
    for (const row of rows)
      expect([row.name, row.name.startsWith("host.")]).toEqual([row.name, row.direction === "host"])
  })

  it("lets every flag open methods unless it only changes how one is used, and needs no flag for host methods and the life cycle", () => {
    const silent = capabilityFlags.filter((flag) => methodsOfCapability(flag).length === 0)
    expect(silent).toEqual([
      "frontend_auth_provider_exclusive",
      "frontend_auth_provider_omit_body",
      "frontend_auth_omit_body",
      "scheduler_across_priorities",
      "request_interceptor_omit_body_before",
      "request_interceptor_omit_body_after"
    ])
    const free = rows.filter((row) => row.capability === null && row.direction === "plugin")
    expect(free.map((row) => row.name)).toEqual([
      "plugin.register",
      "plugin.reconfigure",
      "plugin.quiesce",
      "plugin.shutdown"
    ])
    expect(inDirection("host").every((row) => row.capability === null && row.combination === null)).toBe(true)
  })

  it("never sends plugin.shutdown, and sends every other method", () => {
    expect(rows.filter((row) => row.combination === "never-sent").map((row) => row.name)).toEqual(["plugin.shutdown"])
  })

  it("has methods of no newer schema than the host speaks", () => {
    for (const row of rows) {
      expect(row.schema).toBeGreaterThanOrEqual(1)
      expect(row.schema).toBeLessThanOrEqual(HOST_SCHEMA_VERSION)
      expect(row.release).toMatch(/^\d+\.\d+\.\d+$/)
    }
  })

  it("finds methods by name and direction, and nothing by the names of object properties", () => {
    expect(methodInfo("scheduler.pick")).toMatchObject({ capability: "scheduler", schema: 1, release: "7.1.57" })
    expect([isPluginMethod("scheduler.pick"), isHostMethod("scheduler.pick")]).toEqual([true, false])
    expect([isPluginMethod("host.log"), isHostMethod("host.log")]).toEqual([false, true])
    for (const name of ["", "constructor", "__proto__", "Scheduler.Pick"])
      expect([isPluginMethod(name), isHostMethod(name), methodInfo(name)]).toEqual([false, false, undefined])
    expect(methodsOfCapability("request_interceptor")).toEqual(["request.intercept_before", "request.intercept_after"])
  })

  it("knows the same flags as the registration's capabilities", () => {
    const flags = Object.entries(zeroValue(Capabilities)).filter(([, value]) => value === false)
    expect(flags.map(([name]) => name)).toEqual([...capabilityFlags])
  })
})
