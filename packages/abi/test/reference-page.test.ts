import { readFileSync } from "node:fs"

import { describe, expect, it } from "vitest"

import { ABI_VERSION, type AnyKind, capabilityFlags, contracts, HOST_SCHEMA_VERSION, methods } from "../src/index.ts"

const page = readFileSync(new URL("../../../docs/plugin-abi.md", import.meta.url), "utf8")
const rows = page.split("\n").filter((line) => line.startsWith("| "))

/** The rows of method tables: those with a status. */
const rowOf = (method: string) =>
  rows.filter((row) => row.includes(`\`${method}\``) && /\| (called|planned|reserved, never sent) \|/.test(row))

/** Names of all fields of a message, also of those inside. */
const fieldsOf = ({ parts }: AnyKind): ReadonlyArray<string> => {
  switch (parts?._tag) {
    case "Struct":
      return Object.entries(parts.fields).flatMap(([name, kind]) => [name, ...fieldsOf(kind)])
    case "List":
      return fieldsOf(parts.element)
    case "Map":
      return fieldsOf(parts.value)
    case "Nullable":
      return fieldsOf(parts.kind)
    case undefined:
      return []
  }
}

const named = (field: string) => [`\`${field}\``, `.${field}\``, `\`${field}.`].some((text) => page.includes(text))

describe("docs/plugin-abi.md", () => {
  it("has one table row for each method, with its schema and release", () => {
    for (const { name, schema, release } of methods) {
      expect([name, rowOf(name).length]).toEqual([name, 1])
      expect([name, rowOf(name).join("")]).toEqual([name, expect.stringContaining(`| ${schema} (${release})`)])
    }
  })

  it("says of each method of a plugin which flag opens it", () => {
    const gated = methods.filter(({ capability }) => capability !== null)
    expect(gated.filter(({ name, capability }) => !rowOf(name).join("").includes(`\`${capability}\``))).toEqual([])
  })

  it("names every capability flag and both versions", () => {
    expect(
      capabilityFlags.filter((flag) => !rows.some((row) => row.startsWith("| `") && row.includes(`\`${flag}\``)))
    ).toEqual([])
    expect(page).toContain(`Since ABI ${ABI_VERSION}.`)
    expect(page).toContain(`the host's newest schema: ${HOST_SCHEMA_VERSION}`)
  })

  it("names every field of every message", () => {
    const names = Object.values(contracts).flatMap(({ request, result }) => [...fieldsOf(request), ...fieldsOf(result)])
    expect(new Set(names).size).toBeGreaterThan(200)
    expect([...new Set(names)].filter((name) => !named(name))).toEqual([])
  })

  it("says which methods this release does not use yet", () => {
    const planned = methods
      .map(({ name }) => name)
      .filter((name) => rowOf(name).some((row) => row.includes("| planned |")))
    expect(planned).toEqual([
      "websocket.response_event",
      "quota.identifier",
      "quota.describe",
      "quota.fetch",
      "quota.reset",
      "host.affinity.lookup"
    ])
  })
})
