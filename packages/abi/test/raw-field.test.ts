import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { rawJsonField } from "../src/index.ts"

const field = (json: string, name = "json") => rawJsonField(new TextEncoder().encode(json), name)

describe("the text of a field", () => {
  it("is what its writer wrote, with spaces and numbers of any length", () => {
    const json = String.raw`{ "n": [1, 12345678901234567890.10], "t": "a\"}\\" , "u":null }`
    expect(field(` {"name":"a.json", "json" :\n ${json}\t, "x":{}}`)).toBe(json)
    for (const value of ["12345678901234567890", "null", "true", `"}"`, "[]", "{}", "-1e5"]) {
      expect(field(`{"json":${value}}`)).toBe(value)
      expect(field(`{"json": ${value} ,"a":1}`)).toBe(value)
    }
  })

  it("is that of the last field of this name, in any case and at top level", () => {
    expect(field(`{"json":1,"JSON":2,"a":{"json":3}}`)).toBe("2")
    expect(field(String.raw`{"\u006ason":4,"a":"json"}`)).toBe("4")
  })

  it("is not there when there is no such field, and when the bytes are no JSON object", () => {
    for (const json of ["", "{}", `{"a":{"json":1}}`, "[]", `"json"`, "null", `{"json":1`, `{"json":1}}`])
      expect([json, field(json)]).toEqual([json, undefined])
  })

  it("reads as the value that the whole object has there", () => {
    const objects = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue(), { noNullPrototype: true })
    const spaces = fc.constantFrom("", " ", "\t", "  ")
    const property = fc.property(objects, spaces, (object, space) => {
      const written = JSON.stringify(object, null, space)
      const names = Object.keys(object)
      for (const name of names.filter((one) =>
        names.every((other) => other === one || other.toLowerCase() !== one.toLowerCase())
      ))
        expect(JSON.parse(field(written, name) ?? "")).toEqual(JSON.parse(JSON.stringify(object[name])))
    })
    fc.assert(property)
  })
})
