import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { argumentsObject, argumentsText } from "../../../src/codecs/tool-arguments.ts"
import { makeToolNames } from "../../../src/codecs/gemini/tool-names.ts"

const ALLOWED = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/

describe("a tool's name", () => {
  it("that is allowed stays as it is, and is not noted", () => {
    const toolNames = new Map<string, string>()
    const write = makeToolNames(["a.b-c_1"], toolNames)
    assert.strictEqual(write("a.b-c_1"), "a.b-c_1")
    assert.strictEqual(write("_x"), "_x")
    assert.strictEqual(toolNames.size, 0)
  })

  it("gives way to a declared one that it would become", () => {
    const toolNames = new Map<string, string>()
    const write = makeToolNames(["a/b", "a_b"], toolNames)
    const written = write("a/b")
    assert.match(written, /^a_b_[0-9a-f]{8}$/)
    assert.strictEqual(write("a_b"), "a_b")
    assert.strictEqual(write("a/b"), written)
    assert.deepStrictEqual([...toolNames], [[written, "a/b"]])
  })

  it("is always allowed, the same for one name and never the same for two", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.oneof(
            fc.string(),
            fc.string({ minLength: 60, maxLength: 90 }),
            fc.constantFrom("a/b", "a:b", "a_b", "1a", "_1a")
          )
        ),
        fc.boolean(),
        (names, declared) => {
          const toolNames = new Map<string, string>()
          const write = makeToolNames(declared ? names : [], toolNames)
          const written = names.map(write)
          assert.deepStrictEqual(names.map(write), written)
          assert.strictEqual(new Set(written).size, names.length)
          for (const [index, name] of names.entries()) {
            const there = written[index] ?? ""
            assert.match(there, ALLOWED)
            assert.strictEqual(toolNames.get(there) ?? there, name)
          }
        }
      )
    )
  })
})

describe("arguments", () => {
  it("are the object that they are, or that their text is", () => {
    assert.deepStrictEqual(argumentsObject({ a: 1 }), { a: 1 })
    assert.deepStrictEqual(argumentsObject('{"a":1}'), { a: 1 })
    assert.deepStrictEqual(argumentsObject(""), {})
    assert.deepStrictEqual(argumentsObject("  \n"), {})
  })

  it("that were cut are closed", () => {
    const cases: ReadonlyArray<readonly [string, unknown]> = [
      ["{", {}],
      ['{"a', {}],
      ['{"a"', {}],
      ['{"a":', {}],
      ['{"a":"x', { a: "x" }],
      ['{"a":"x\\', { a: "x" }],
      ['{"a":"x\\u00e', { a: "x" }],
      ['{"a":"x\\\\', { a: "x\\" }],
      ['{"a":"\\"', { a: '"' }],
      ['{"a":1,', { a: 1 }],
      ['{"a":1, "b": tr', { a: 1 }],
      ['{"a":[1,2', { a: [1, 2] }],
      ['{"a":[1,{"b":[', { a: [1, { b: [] }] }],
      ['{"a":{"b":1},"c', { a: { b: 1 } }],
      ['{"a":"{,}[","b":"y', { a: "{,}[", b: "y" }]
    ]
    for (const [text, expected] of cases) assert.deepStrictEqual(argumentsObject(text), expected, text)
  })

  it("that are no object are kept as they are", () => {
    for (const text of ["null", "[1]", '"x"', "5", "{]", '{"a":1}}', "{'a':1}", "<xml>"]) {
      assert.deepStrictEqual(argumentsObject(text), { malformed_arguments: text })
    }
  })

  it("are an object wherever they are cut", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), (value, at) => {
        const text = JSON.stringify(value)
        const cut = argumentsObject(text.slice(0, at % (text.length + 1)))
        assert.notProperty(cut, "malformed_arguments")
        assert.deepStrictEqual(argumentsObject(text), JSON.parse(text))
      })
    )
  })

  it("stay the text that they are when it is the text of an object", () => {
    assert.strictEqual(argumentsText('{"a": 1.0}'), '{"a": 1.0}')
    assert.strictEqual(argumentsText(""), "{}")
    assert.strictEqual(argumentsText('{"a":1'), '{"a":1}')
    assert.strictEqual(argumentsText({ a: 1 }), '{"a":1}')
  })

  it("of a megabyte that were cut are closed in one pass", () => {
    const long = `{"a":"${'\\"'.repeat(500_000)}`
    assert.strictEqual((argumentsObject(long)["a"] as string).length, 500_000)
  })
})
