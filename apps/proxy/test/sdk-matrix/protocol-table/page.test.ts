import { readFileSync } from "node:fs"

import { assert, describe, it } from "@effect/vitest"

import { protocolsPage } from "./page.ts"

describe("docs/protocols.md", () => {
  it("says what the tested rows say", () => {
    const page = readFileSync(new URL("../../../../../docs/protocols.md", import.meta.url), "utf8")
    assert.strictEqual(page, protocolsPage())
  })
})
