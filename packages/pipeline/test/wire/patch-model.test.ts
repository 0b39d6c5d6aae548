import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { patchModel } from "../../src/wire/patch-model.ts"

const patched = (text: string, model: string) => {
  const body = Buffer.from(text)
  return patchModel(body, (JSON.parse(text) as { model?: unknown }).model, model).toString()
}

/** JSON text of an object with white space and key escapes that `JSON.stringify` would never write. */
const blank = fc.stringMatching(/^[ \t\r\n]{0,3}$/)
const escapedKey = (key: string) =>
  `"${Array.from(key, (c, i) => (i % 2 === 0 ? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}` : c)).join("")}"`
const key = fc.oneof(
  fc.constantFrom('"model"', escapedKey("model"), '"models"', '"Model"', '"mode"', '"stream"', '"messages"'),
  fc.string().map((text) => JSON.stringify(text))
)
const value = fc.oneof(
  fc.jsonValue().map((json) => JSON.stringify(json)),
  fc.jsonValue().map((json) => JSON.stringify({ model: json, nested: [{ model: "inner" }] }, null, 2)),
  fc.constantFrom('"\\\\"', '"a\\"model\\":\\"b"', "1e400", "12345678901234567890", '"\\ud83d\\ude00 é"', '"{"', '"]"')
)
const objectText = fc.array(fc.tuple(blank, key, blank, blank, value, blank), { maxLength: 8 }).chain((fields) =>
  fc.tuple(blank, blank).map(([before, after]) => ({
    text: `${before}{${fields.map(([a, k, b, c, v, d]) => `${a}${k}${b}:${c}${v}${d}`).join(",") || before}}${after}`,
    fields
  }))
)

describe("patchModel", () => {
  it("returns the very same buffer when the name is right already", () => {
    const body = Buffer.from('{"model":"a"}')
    assert.strictEqual(patchModel(body, "a", "a"), body)
  })

  it("replaces the top-level model and nothing nested", () => {
    assert.strictEqual(
      patched('{ "messages":[{"model":"x"}], "model" : "old" , "metadata":{"model":"y"},"n":1.0e2}', "new"),
      '{ "messages":[{"model":"x"}], "model" : "new" , "metadata":{"model":"y"},"n":1.0e2}'
    )
  })

  it("is not misled by strings that look like a model field", () => {
    const text = '{"user":"\\",\\"model\\":\\"fake\\\\","model":"real"}'
    assert.strictEqual(patched(text, "m"), '{"user":"\\",\\"model\\":\\"fake\\\\","model":"m"}')
  })

  it("replaces every duplicate, because parsers disagree on which one counts", () => {
    assert.strictEqual(patched('{"model":"a","model":"b"}', "c"), '{"model":"c","model":"c"}')
  })

  it("finds a name that is written with escapes", () => {
    assert.strictEqual(
      patched('{"\\u006d\\u006f\\u0064\\u0065\\u006c":"a"}', "c"),
      '{"\\u006d\\u006f\\u0064\\u0065\\u006c":"c"}'
    )
  })

  it("tolerates a byte-order mark", () => {
    const body = Buffer.from('\uFEFF{"model":"a"}')
    assert.strictEqual(patchModel(body, "a", "b").toString(), '\uFEFF{"model":"b"}')
  })

  it("changes what JSON.parse sees of model, and no other byte", () => {
    fc.assert(
      fc.property(objectText, fc.string({ minLength: 1 }), ({ fields, text }, model) => {
        const before = JSON.parse(text) as Record<string, unknown>
        const result = patched(text, model)
        const after = JSON.parse(result) as Record<string, unknown>
        const hadModel = Object.hasOwn(before, "model")
        assert.deepStrictEqual(after, hadModel ? { ...before, model } : before)
        // Byte for byte: writing the fields again with the new value gives the same text.
        const expected =
          before["model"] === model
            ? text
            : fields.reduce(
                ({ done, rest }, [a, k, b, c, v, d]) => {
                  const head = `${a}${k}${b}:${c}`
                  const at = rest.indexOf(head + v + d)
                  const next = JSON.parse(k) === "model" ? JSON.stringify(model) : v
                  return {
                    done: done + rest.slice(0, at) + head + next + d,
                    rest: rest.slice(at + (head + v + d).length)
                  }
                },
                { done: "", rest: text }
              )
        assert.strictEqual(result, typeof expected === "string" ? expected : expected.done + expected.rest)
      }),
      { numRuns: 2_000 }
    )
  })
})
