import type { JsonObject } from "../../canonical/json.ts"
import { needNumber } from "../json-fields.ts"

/**
 * A field under its JSON name, `inlineData`, or its name in Google's definition, `inline_data`: a server takes both.
 * Null counts as left out. Source: https://protobuf.dev/programming-guides/json/
 */
export const wireField = (json: JsonObject, name: string, protoName: string): unknown => json[name] ?? json[protoName]

/** A number, which the JSON form of Google's messages allows to be written as a text too. */
export const needWireNumber = (value: unknown, path: string): number => {
  if (typeof value !== "string" || value.trim() === "") return needNumber(value, path)
  const number = Number(value)
  return Number.isNaN(number) ? needNumber(value, path) : number
}
