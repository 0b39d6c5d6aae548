import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import { chooseFormats, type Conversions } from "../../src/plugin-executor/executor-formats.ts"

const NONE: Conversions = { request: () => false, response: () => false }

/** Conversions between the named formats, both ways. */
const between = (...known: ReadonlyArray<string>): Conversions => ({
  request: (from, to) => known.includes(from) && known.includes(to),
  response: (from, to) => known.includes(from) && known.includes(to)
})

const choose = (
  inputs: ReadonlyArray<string>,
  outputs: ReadonlyArray<string>,
  conversions: Conversions,
  wanted = "openai"
) => {
  const chosen = chooseFormats({
    provider: "lab",
    inputs,
    outputs,
    wantedInput: wanted,
    wantedOutput: wanted,
    conversions
  })
  return Result.isSuccess(chosen) ? [chosen.success.input, chosen.success.output] : chosen.failure
}

describe("the formats of an executor's call", () => {
  it("are the client's when both are declared (135)", () => {
    assert.deepStrictEqual(choose(["claude", "openai"], ["lab", "openai"], between("openai", "claude")), [
      "openai",
      "openai"
    ])
  })

  it("are otherwise the first declared ones that can be converted (136)", () => {
    assert.deepStrictEqual(
      choose(["lab", "gemini", "claude"], ["lab", "gemini", "openai"], between("openai", "gemini", "claude"), "claude"),
      ["claude", "gemini"]
    )
    assert.deepStrictEqual(choose(["lab", "gemini"], ["openai"], between("openai", "gemini")), ["gemini", "openai"])
  })

  it("are an input that only a plugin can make, where there is no other", () => {
    const conversions = { ...between("openai", "gemini"), requestByPlugin: true }
    assert.deepStrictEqual(choose(["lab", "gemini"], ["openai"], conversions), ["gemini", "openai"])
    assert.deepStrictEqual(choose(["lab", "other"], ["openai"], conversions), ["lab", "openai"])
  })

  it("are the same for request and answer where that is possible", () => {
    assert.deepStrictEqual(choose(["claude"], ["gemini", "claude"], between("openai", "gemini", "claude")), [
      "claude",
      "claude"
    ])
  })

  it("do not exist for an executor that declares none (134)", () => {
    assert.strictEqual(choose([], ["openai"], NONE), "plugin executor lab declares no input formats")
    assert.strictEqual(choose(["openai"], [], NONE), "plugin executor lab declares no output formats")
  })

  it("do not exist where nothing can be converted", () => {
    assert.strictEqual(choose(["lab"], ["lab"], NONE), 'plugin executor lab does not support input format "openai"')
    assert.strictEqual(choose(["openai"], ["lab"], NONE), 'plugin executor lab does not support output format "openai"')
  })
})
