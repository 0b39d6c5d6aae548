import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { modelMatcher } from "../../src/models/model-pattern.ts"

describe("a pattern for models", () => {
  for (const [pattern, name, expected] of [
    ["gpt-5", "gpt-5", true],
    ["gpt-5", "gpt-5-mini", false],
    ["gpt-*", "GPT-5", true],
    ["*", "", true],
    ["*-preview", "gemini-preview", true],
    ["*-preview", "gemini-preview-2", false],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "acb", false],
    ["aba*aba", "aba", false],
    ["*(x)*", "m(x)", true],
    ["a.c", "abc", false],
    [" gpt-* ", "gpt-5", true]
  ] as const) {
    it(`${JSON.stringify(pattern)} ${expected ? "fits" : "does not fit"} ${JSON.stringify(name)}`, () => {
      assert.strictEqual(modelMatcher([pattern])(name), expected)
    })
  }

  it("is one of several, and none fits nothing", () => {
    assert.isTrue(modelMatcher(["a", "b*"])("bc"))
    assert.isFalse(modelMatcher([])(""))
  })

  it("means what the same pattern means as a regular expression", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 })
    const names = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 10 })
    fc.assert(
      fc.property(letters, names, (pattern, name) => {
        const expression = new RegExp(`^${pattern.replaceAll("*", ".*")}$`)
        assert.strictEqual(modelMatcher([pattern])(name), expression.test(name))
      })
    )
  })
})
