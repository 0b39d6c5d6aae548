import { assert, describe, it } from "@effect/vitest"

import { toolSchema } from "../../../src/codecs/claude/json-schema.ts"
import { closedSchema } from "../../../src/codecs/claude/output-schema.ts"

const STRING = { type: "string" }

describe("the schema of a tool's arguments", () => {
  it("is an object with properties", () => {
    assert.deepStrictEqual(toolSchema(undefined), { type: "object", properties: {} })
    assert.deepStrictEqual(toolSchema({}), { type: "object", properties: {} })
    assert.deepStrictEqual(toolSchema({ type: "object" }), { type: "object", properties: {} })
    assert.deepStrictEqual(toolSchema({ type: ["object", "null"], properties: { a: STRING } }), {
      type: "object",
      properties: { a: STRING }
    })
  })

  it("may have variants that require very many properties", { timeout: 60_000 }, () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `p${index}`)
    const variants = [{ required: names }, { required: names.toReversed() }]
    assert.deepStrictEqual(toolSchema({ type: "object", anyOf: variants })["required"], names)
  })

  it("comes back as it is when it is fine", () => {
    const schema = { type: "object", properties: { a: { anyOf: [STRING] } } }
    assert.strictEqual(toolSchema(schema), schema)
  })

  it("has no union at the root: what all variants require is required", () => {
    const variant = (required: ReadonlyArray<string>, name: string) => ({
      required,
      properties: { kind: STRING, [name]: STRING }
    })
    assert.deepStrictEqual(
      toolSchema({ anyOf: [variant(["kind", "a"], "a"), variant(["kind", "b"], "b")], description: "D" }),
      {
        description: "D",
        required: ["kind"],
        type: "object",
        properties: { kind: STRING, a: STRING, b: STRING }
      }
    )
  })

  it("requires all that parts of an allOf require", () => {
    assert.deepStrictEqual(
      toolSchema({
        type: "object",
        required: ["x"],
        allOf: [{ required: ["a"], properties: { a: STRING } }, { properties: { x: STRING } }]
      }),
      { type: "object", required: ["x", "a"], properties: { a: STRING, x: STRING } }
    )
  })

  it("follows a reference at the root", () => {
    const definition = { type: "object", properties: { a: STRING } }
    assert.deepStrictEqual(toolSchema({ $ref: "#/$defs/Args", $defs: { Args: definition } }), {
      $defs: { Args: definition },
      ...definition
    })
    const lost = toolSchema({ $ref: "#/$defs/Gone" })
    assert.deepStrictEqual(lost, { type: "object", properties: {} })
  })

  it("may have a property called __proto__", () => {
    const properties = JSON.parse('{"__proto__":{"type":"string"}}') as object
    assert.deepStrictEqual(Object.keys(toolSchema({ anyOf: [{ properties }] })["properties"] as object), ["__proto__"])
  })
})

describe("the schema of structured output", () => {
  it("has closed objects at every depth, and oneOf as anyOf", () => {
    const inner = { type: "object", properties: { b: STRING } }
    assert.deepStrictEqual(
      closedSchema({
        type: "object",
        properties: {
          a: { type: "array", items: inner },
          c: { oneOf: [inner, { type: "null" }] },
          d: { $ref: "#/$defs/D" }
        },
        $defs: { D: inner }
      }),
      {
        type: "object",
        additionalProperties: false,
        properties: {
          a: { type: "array", items: { ...inner, additionalProperties: false } },
          c: { anyOf: [{ ...inner, additionalProperties: false }, { type: "null" }] },
          d: { $ref: "#/$defs/D" }
        },
        $defs: { D: { ...inner, additionalProperties: false } }
      }
    )
  })

  it("tells limits in the description that the grammar does not know", () => {
    assert.deepStrictEqual(closedSchema({ type: "string", minLength: 2, format: "email", description: "Mail." }), {
      type: "string",
      format: "email",
      description: "Mail. (minLength: 2)"
    })
    assert.deepStrictEqual(closedSchema({ type: "array", items: STRING, minItems: 3 }), {
      type: "array",
      items: STRING,
      description: "(minItems: 3)"
    })
    assert.deepStrictEqual(closedSchema({ type: "string", format: "color" }), {
      type: "string",
      description: '(format: "color")'
    })
  })

  it("is not made of a schema that it would change: free keys, recursion, other composition", () => {
    const node = { type: "object", properties: { next: { $ref: "#/$defs/Node" } } }
    for (const schema of [
      { type: "object", additionalProperties: true },
      { type: "object", additionalProperties: STRING },
      { type: "object" },
      { type: "object", properties: { a: { type: "object", patternProperties: {} } } },
      { $ref: "#/$defs/Node", $defs: { Node: node } },
      { $ref: "#" },
      { not: STRING },
      { type: "array", items: true },
      { anyOf: [STRING], oneOf: [STRING] }
    ]) {
      assert.strictEqual(closedSchema(schema), undefined, JSON.stringify(schema))
    }
  })
})
