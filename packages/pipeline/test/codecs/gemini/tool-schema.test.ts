import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import type { JsonObject } from "../../../src/canonical/json.ts"
import { jsonSchemaOf } from "../../../src/codecs/gemini/google-schema.ts"
import { cleanParameters, cleanSchema } from "../../../src/codecs/gemini/tool-schema.ts"

/** The schema of one argument, cleaned. */
const argument = (schema: unknown, definitions: JsonObject = {}): unknown => {
  const cleaned = cleanParameters({ type: "object", properties: { a: schema }, ...definitions })
  return (cleaned?.["properties"] as JsonObject | undefined)?.["a"]
}

describe("a tool's schema", () => {
  it("that is plain stays as it is", () => {
    const schema = {
      type: "object",
      title: "Arguments",
      description: "All of them.",
      properties: {
        s: { type: "string", enum: ["a", "b"], description: "ß" },
        n: { type: "integer", minimum: 0, maximum: 9, format: "int32" },
        t: { type: "string", format: "date-time" },
        l: { type: "array", items: { type: "number" }, minItems: 1, maxItems: 3 },
        o: { type: "object", properties: { b: { type: "boolean" } }, required: ["b"] },
        m: { type: "object", additionalProperties: { type: "string" } },
        u: { anyOf: [{ type: "string" }, { type: "null" }] },
        x: { type: ["string", "null"] }
      },
      required: ["s", "n"]
    }
    assert.deepStrictEqual(cleanParameters(schema), schema)
  })

  it("of no arguments is left out", () => {
    for (const schema of [
      {},
      { type: "object" },
      { type: "object", properties: {} },
      { type: "object", properties: {}, required: ["a"] }
    ]) {
      assert.isUndefined(cleanParameters(schema))
    }
  })

  it("is of an object, whatever it says", () => {
    assert.deepStrictEqual(cleanParameters({ properties: { a: {} } }), { type: "object", properties: { a: {} } })
    assert.deepStrictEqual(cleanParameters({ type: ["object", "null"], properties: { a: true } }), {
      type: "object",
      properties: { a: {} }
    })
  })

  it("that is a union of objects becomes one object, which requires what all require", () => {
    assert.deepStrictEqual(
      cleanParameters({
        type: "object",
        properties: { id: { type: "string" } },
        required: ["id"],
        oneOf: [
          { properties: { kind: { const: "a" }, x: { type: "number" } }, required: ["kind", "x"] },
          { properties: { kind: { const: "b" }, y: { type: "number" } }, required: ["kind"] }
        ]
      }),
      {
        type: "object",
        properties: {
          kind: { type: "string", enum: ["b"] },
          x: { type: "number" },
          y: { type: "number" },
          id: { type: "string" }
        },
        required: ["id", "kind"]
      }
    )
  })

  it("requires only properties that there are", () => {
    assert.deepStrictEqual(cleanParameters({ properties: { a: {} }, required: ["a", "b", "a", 1, "toString"] }), {
      type: "object",
      properties: { a: {} },
      required: ["a"]
    })
  })

  it("loses what Gemini does not know", () => {
    assert.deepStrictEqual(
      argument({
        $schema: "x",
        $id: "x",
        $comment: "x",
        type: "object",
        properties: { b: { type: "string", deprecated: true, contentEncoding: "base64" } },
        additionalProperties: false,
        patternProperties: { "^x": {} },
        propertyNames: { pattern: "^x" },
        if: {},
        else: {},
        not: {},
        dependentRequired: {}
      }),
      { type: "object", properties: { b: { type: "string" } } }
    )
  })

  it("tells in words what Gemini does not check", () => {
    assert.deepStrictEqual(
      argument({ type: "string", description: "A name", pattern: "^a$", minLength: 1, format: "uri", default: "a" }),
      { type: "string", description: "A name (format: uri; pattern: ^a$; minLength: 1; default: a)" }
    )
    assert.deepStrictEqual(argument({ type: "number", exclusiveMinimum: 0, multipleOf: 2 }), {
      type: "number",
      description: "exclusiveMinimum: 0; multipleOf: 2"
    })
  })

  it("shortens what is told in words", () => {
    const { description } = argument({ type: "string", default: "x".repeat(1000) }) as { description: string }
    assert.isBelow(description.length, 250)
  })

  it("has its types in small letters, and one of several as a union", () => {
    assert.deepStrictEqual(argument({ type: "STRING" }), { type: "string" })
    assert.deepStrictEqual(argument({ type: "string", nullable: true }), { type: ["string", "null"] })
    assert.deepStrictEqual(argument({ type: ["null", "integer"] }), { type: ["integer", "null"] })
    assert.deepStrictEqual(argument({ type: ["string", "number", "null"], description: "d" }), {
      anyOf: [{ type: "string" }, { type: "number" }, { type: "null" }],
      description: "d"
    })
    assert.deepStrictEqual(argument({ type: "any" }), {})
  })

  it("finds out a type that is not said", () => {
    assert.deepStrictEqual(argument({ properties: { b: {} } }), { type: "object", properties: { b: {} } })
    assert.deepStrictEqual(argument({ items: { type: "string" } }), { type: "array", items: { type: "string" } })
    assert.deepStrictEqual(argument({ enum: ["a", 1, null] }), {
      anyOf: [{ type: "string" }, { type: "number" }, { type: "null" }],
      enum: ["a", 1]
    })
  })

  it("has a constant as the one value that is allowed", () => {
    assert.deepStrictEqual(argument({ const: "a" }), { type: "string", enum: ["a"] })
    assert.deepStrictEqual(argument({ type: "integer", const: 0 }), { type: "integer", enum: [0] })
    assert.deepStrictEqual(argument({ const: true }), { type: "boolean", description: "allowed values: [true]" })
    assert.deepStrictEqual(argument({ const: null }), { type: "null" })
  })

  it("enumerates texts and numbers, and tells the rest", () => {
    assert.deepStrictEqual(argument({ type: "string", enum: ["a", null] }), { type: ["string", "null"], enum: ["a"] })
    assert.deepStrictEqual(argument({ enum: [{ b: 1 }, "a"] }), { description: 'allowed values: [{"b":1},"a"]' })
    assert.deepStrictEqual(argument({ enum: [true, "a"] }), {
      anyOf: [{ type: "boolean" }, { type: "string" }],
      description: 'allowed values: [true,"a"]'
    })
    assert.deepStrictEqual(argument({ type: "string", enum: [] }), { type: "string" })
  })

  it("has an array say what it holds", () => {
    assert.deepStrictEqual(argument({ type: "array" }), { type: "array", items: {} })
    assert.deepStrictEqual(argument({ type: "array", items: [{ type: "string" }, { const: 1 }] }), {
      type: "array",
      prefixItems: [{ type: "string" }, { type: "number", enum: [1] }]
    })
    assert.deepStrictEqual(argument({ type: "array", prefixItems: [{ type: "string" }], items: { type: "number" } }), {
      type: "array",
      prefixItems: [{ type: "string" }],
      items: { type: "number" }
    })
  })

  it("has a choice of one as that one, and any other as a union", () => {
    assert.deepStrictEqual(argument({ description: "d", oneOf: [{ type: "string", description: "e" }] }), {
      description: "d",
      type: "string"
    })
    assert.deepStrictEqual(argument({ type: "string", oneOf: [{ const: "a", title: "A" }, { const: "b" }] }), {
      anyOf: [
        { type: "string", enum: ["a"], title: "A" },
        { type: "string", enum: ["b"] }
      ]
    })
    assert.deepStrictEqual(argument({ anyOf: [] }), {})
  })
})

describe("references in a tool's schema", () => {
  const definitions = {
    $defs: {
      name: { type: "string", description: "A name" },
      "with/slash~": { type: "integer" },
      alias: { $ref: "#/$defs/name" },
      node: {
        type: "object",
        properties: { value: { $ref: "#/$defs/name" }, children: { type: "array", items: { $ref: "#/$defs/node" } } }
      }
    },
    definitions: { old: { type: "boolean" } }
  }

  it("are replaced with what they refer to", () => {
    assert.deepStrictEqual(argument({ $ref: "#/$defs/name" }, definitions), { type: "string", description: "A name" })
    assert.deepStrictEqual(argument({ $ref: "#/definitions/old" }, definitions), { type: "boolean" })
    assert.deepStrictEqual(argument({ $ref: "#/$defs/alias" }, definitions), { type: "string", description: "A name" })
    assert.deepStrictEqual(argument({ $ref: "#/$defs/with~1slash~0" }, definitions), { type: "integer" })
  })

  it("keep what is said beside them", () => {
    assert.deepStrictEqual(argument({ $ref: "#/$defs/name", description: "Mine" }, definitions), {
      type: "string",
      description: "Mine"
    })
  })

  it("into themselves are cut off", () => {
    assert.deepStrictEqual(argument({ $ref: "#/$defs/node" }, definitions), {
      type: "object",
      properties: { value: { type: "string", description: "A name" }, children: { type: "array", items: {} } }
    })
    assert.deepStrictEqual(argument({ $ref: "#/properties/a" }), {})
  })

  it("to nothing, and out of the document, allow anything", () => {
    for (const $ref of ["#/$defs/none", "other.json", "#name", "#/$defs/%", "#/constructor/name"]) {
      assert.deepStrictEqual(argument({ $ref }, definitions), {}, $ref)
    }
  })

  it("that multiply are cut off before they fill the memory", () => {
    const levels = Array.from({ length: 30 }, (_, level) => [
      `l${level}`,
      { type: "object", properties: { a: { $ref: `#/$defs/l${level + 1}` }, b: { $ref: `#/$defs/l${level + 1}` } } }
    ])
    const cleaned = cleanParameters({ properties: { a: { $ref: "#/$defs/l0" } }, $defs: Object.fromEntries(levels) })
    assert.isBelow(JSON.stringify(cleaned).length, 5_000_000)
  })

  it("that multiply in the branches of `allOf` are cut off before they take minutes", () => {
    const levels = Array.from({ length: 10 }, (_, level) => [
      `l${level}`,
      { allOf: Array.from({ length: 6 }, () => ({ $ref: `#/$defs/l${level + 1}` })) }
    ])
    const $defs = { ...Object.fromEntries(levels), l10: { type: "object", properties: { b: {} } } }
    assert.deepStrictEqual(cleanParameters({ properties: { a: { $ref: "#/$defs/l0" } }, $defs }), {
      type: "object",
      properties: { a: { type: "object", properties: { b: {} } } }
    })
  })

  it("that bring in the same long schema again and again are followed until they have brought in enough", () => {
    const properties = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`p${at}`, { $ref: "#/$defs/x" }]))
    const cleaned = cleanParameters({ properties, $defs: { x: { description: "d".repeat(10_000) } } })
    assert.isBelow(JSON.stringify(cleaned).length, 5_000_000)
    assert.deepNestedInclude(cleaned, { "properties.p0.description": "d".repeat(10_000), "properties.p9999": {} })
  })

  it("that follow one another without end are followed some way", () => {
    const chain = Array.from({ length: 20_000 }, (_, at) => [`c${at}`, { $ref: `#/$defs/c${at + 1}` }])
    assert.deepStrictEqual(argument({ $ref: "#/$defs/c0", title: "T" }, { $defs: Object.fromEntries(chain) }), {
      title: "T"
    })
  })
})

describe("several schemas at once", () => {
  it("are one with the properties of all", () => {
    assert.deepStrictEqual(
      argument(
        {
          allOf: [
            { $ref: "#/$defs/base" },
            { properties: { y: { type: "number" } }, required: ["y"], description: "second" },
            { allOf: [{ properties: { z: { type: "boolean" } } }] },
            true
          ],
          description: "first"
        },
        { $defs: { base: { type: "object", properties: { x: { type: "string" } }, required: ["x"] } } }
      ),
      {
        type: "object",
        properties: { x: { type: "string" }, y: { type: "number" }, z: { type: "boolean" } },
        required: ["x", "y"],
        description: "first"
      }
    )
  })
})

const anySchema = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4 },
    fc.boolean(),
    fc.dictionary(
      fc.constantFrom("type", "items", "enum", "const", "$ref", "required", "default", "format", "minimum", "nullable"),
      fc.oneof(fc.constantFrom("string", "object", "#", "#/properties/a", "#/$defs/a"), fc.jsonValue({ maxDepth: 1 }))
    ),
    fc.record({
      properties: fc.dictionary(fc.string(), tie("schema")),
      $defs: fc.dictionary(fc.string(), tie("schema"))
    }),
    fc.record({ anyOf: fc.array(tie("schema")) }),
    fc.record({ allOf: fc.array(tie("schema")), $ref: fc.constant("#") }),
    fc.record({ items: tie("schema"), type: fc.constant("array") })
  )
})).schema

/** Keywords that the documentation names. */
const DOCUMENTED = new Set(
  "type format title description enum items prefixItems minItems maxItems minimum maximum anyOf properties additionalProperties required".split(
    " "
  )
)

const schemasIn = (schema: unknown): ReadonlyArray<JsonObject> => {
  if (typeof schema !== "object" || schema === null) return []
  const json = schema as JsonObject
  const inner = [
    json["items"],
    json["additionalProperties"],
    ...((json["anyOf"] ?? []) as ReadonlyArray<unknown>),
    ...((json["prefixItems"] ?? []) as ReadonlyArray<unknown>),
    ...Object.values((json["properties"] ?? {}) as JsonObject)
  ]
  return [json, ...inner.flatMap(schemasIn)]
}

describe("any schema", () => {
  it("is cleaned to the documented keywords alone, and cleaning it again changes nothing", () => {
    fc.assert(
      fc.property(anySchema, (schema) => {
        const cleaned = cleanSchema(schema as JsonObject)
        for (const inner of schemasIn(cleaned)) {
          for (const keyword of Object.keys(inner)) assert.isTrue(DOCUMENTED.has(keyword), keyword)
          for (const name of (inner["required"] ?? []) as ReadonlyArray<string>) {
            assert.isTrue(Object.hasOwn(inner["properties"] as JsonObject, name))
          }
        }
        assert.deepStrictEqual(cleanSchema(cleaned), cleaned)
      })
    )
  })
})

describe("Google's own schema", () => {
  it("becomes JSON Schema", () => {
    assert.deepStrictEqual(
      jsonSchemaOf({
        type: "OBJECT",
        properties: {
          a: { type: "ARRAY", items: { type: "STRING" }, min_items: "1" },
          b: { anyOf: [{ type: "NUMBER" }, { type: "NULL" }] },
          c: { type: "TYPE_UNSPECIFIED", example: 1, default: 2 }
        },
        required: ["a"],
        property_ordering: ["b", "a"]
      }),
      {
        type: "object",
        properties: {
          a: { type: "array", items: { type: "string" }, minItems: 1 },
          b: { anyOf: [{ type: "number" }, { type: "null" }] },
          c: { default: 2 }
        },
        required: ["a"]
      }
    )
  })
})
