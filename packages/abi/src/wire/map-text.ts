import { RequestMetadata } from "./json.ts"
import { Headers, StrMap } from "./map.ts"
import type { WireKind } from "./wire-kind.ts"

// What is written for every attempt of every request goes to text at once: the maps that `toWire` makes of maps, only to
// be printed, cost more than the printing. The bytes are the same.

type Entries<T> = { readonly [key: string]: T }

/** JSON text of a text. Throws for anything else, as `Str.toWire` does. */
export const textOf = (value: string): string => {
  if (typeof value !== "string") throw new TypeError(`expected string, found ${typeof value}`)
  return JSON.stringify(value)
}

/** JSON text of a list of texts. */
export const stringsText = (values: ReadonlyArray<string>): string =>
  values.length === 0 ? "null" : values.length === 1 ? `[${textOf(values[0] ?? "")}]` : `[${values.map(textOf).join()}]`

/** Keys that look like indexes stand before all others in an object, whatever the order in which they came. */
const mayBeIndex = (key: string): boolean => {
  const first = key.charCodeAt(0)
  return first >= 0x30 && first <= 0x39
}

/** Writes maps of a kind; `valueText` gives `undefined` for a value that is left out. */
const mapText =
  <T>(kind: WireKind<Entries<T>>, valueText: (value: T) => string | undefined) =>
  (map: Entries<T>): string => {
    let text = ""
    for (const key of Object.keys(map).toSorted()) {
      if (mayBeIndex(key)) return JSON.stringify(kind.toWire(map))
      const value = valueText(map[key] as T)
      if (value !== undefined) text += `${text === "" ? "{" : ","}${JSON.stringify(key)}:${value}`
    }
    return text === "" ? "null" : `${text}}`
  }

const metadataValueText = (value: unknown): string | undefined => {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value)
    case "boolean":
      return value ? "true" : "false"
    default: {
      const copied = RequestMetadata.toWire({ value })
      return copied === null ? undefined : JSON.stringify((copied as Entries<unknown>)["value"])
    }
  }
}

/** JSON text of header fields. */
export const headersText = mapText(Headers, stringsText)

/** JSON text of a map from text to text. */
export const strMapText = mapText(StrMap, textOf)

/** JSON text of a request's metadata. */
export const metadataText = mapText(RequestMetadata, metadataValueText)
