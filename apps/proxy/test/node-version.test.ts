import { readFileSync } from "node:fs"

import { expect, it } from "vitest"

import { isTooOld, oldestNode } from "../src/node-version.ts"

it("the program asks for the Node that its manifest asks for", () => {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    engines: { node: string }
  }
  expect(manifest.engines.node).toBe(`>=${oldestNode}`)
})

it.each([
  ["24.11.0", false],
  ["24.21.3", false],
  ["25.0.0", false],
  ["24.10.9", true],
  ["22.99.0", true],
  ["20.20.2", true]
])("Node %s is too old: %s", (version, tooOld) => {
  expect(isTooOld(version)).toBe(tooOld)
})
