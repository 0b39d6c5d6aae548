import * as fc from "fast-check"
import { expect, it } from "vitest"

import { Headers, RequestMetadata, StrMap, Time, type WireKind } from "../src/index.ts"
import { headersText, metadataText, strMapText } from "../src/wire/map-text.ts"
import { arbitraryOf } from "./arbitrary-of.ts"

type Entries<T> = { readonly [key: string]: T }

const cases: ReadonlyArray<readonly [string, WireKind<Entries<unknown>>, (map: Entries<never>) => string]> = [
  ["header fields", Headers as WireKind<Entries<unknown>>, headersText],
  ["texts", StrMap as WireKind<Entries<unknown>>, strMapText],
  ["metadata of a request", RequestMetadata, metadataText]
]

const written = (text: string) => Time.toWire(new Date(text))

for (const [what, kind, text] of cases) {
  it(`a map of ${what} is the same text, written at once or through its JSON value`, () => {
    const property = fc.property(arbitraryOf(kind), (map) => {
      expect(text(map as Entries<never>)).toBe(JSON.stringify(kind.toWire(map)))
    })
    fc.assert(property, { numRuns: 300 })
  })
}

it("metadata that JSON cannot hold is left out of the text, too", () => {
  const cycle: Record<string, unknown> = {}
  cycle["itself"] = cycle
  const map = { a: () => 1, b: Number.NaN, c: undefined, d: {}, e: [{}, 1n], f: cycle, g: new Date(0), h: -0, i: null }
  expect(metadataText(map)).toBe(JSON.stringify(RequestMetadata.toWire(map)))
  expect(metadataText({ a: undefined })).toBe("null")
})

it("what is no text is refused in the text of a map, too", () => {
  expect(() => strMapText({ a: 1 } as unknown as Entries<string>)).toThrow("expected string, found number")
})

it("a time is written without the zeros at its end", () => {
  expect(written("2031-01-01T00:00:00.000Z")).toBe("2031-01-01T00:00:00Z")
  expect(written("2031-01-01T00:00:10.120Z")).toBe("2031-01-01T00:00:10.12Z")
  expect(written("2031-01-01T00:00:10.003Z")).toBe("2031-01-01T00:00:10.003Z")
})
