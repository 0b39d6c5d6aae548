import type { SchemaIssue } from "effect"
import { listOf } from "./list.ts"
import { invalid, jsonTypeOf, mismatch, wireKind } from "./wire-kind.ts"

const fromBase64 = (text: string): Uint8Array | SchemaIssue.Issue => {
  const body = /[\r\n]/.test(text) ? text.replaceAll(/[\r\n]/g, "") : text
  if (body.length === 0) return new Uint8Array(0)
  const padding = body.endsWith("==") ? 2 : body.endsWith("=") ? 1 : 0
  if (body.length % 4 !== 0) return invalid("expected base64 with padding, found a length that is no multiple of 4")
  // A scan for one foreign character stays linear on answers of many megabytes; a pattern of groups of four does not.
  const foreign = /[^A-Za-z0-9+/]/.exec(body)?.index ?? body.length
  if (foreign < body.length - padding)
    return invalid("expected standard base64, found a character outside its alphabet")
  const bytes = new Uint8Array((body.length / 4) * 3 - padding)
  Buffer.from(bytes.buffer).write(body, "base64")
  return bytes
}

const fromNumbers = (numbers: ReadonlyArray<unknown>): Uint8Array | SchemaIssue.Issue => {
  const bytes = new Uint8Array(numbers.length)
  for (const [index, number] of numbers.entries()) {
    if (typeof number !== "number" || !Number.isInteger(number) || number < 0 || number > 255)
      return invalid(`expected integers from 0 to 255, found ${jsonTypeOf(number)} at index ${index}`)
    bytes[index] = number
  }
  return bytes
}

/**
 * Binary data; zero value: no bytes. Written as base64 (RFC 4648, section 4, with padding), and `null` when empty.
 * Read from the same, from `""`, and from a list of integers 0 to 255; CR and LF inside base64 are skipped.
 */
export const Bytes = wireKind<Uint8Array>({
  expected: "Uint8Array",
  is: (value) => value instanceof Uint8Array,
  decode: (value) => {
    if (value === null) return new Uint8Array(0)
    if (typeof value === "string") return fromBase64(value)
    return Array.isArray(value) ? fromNumbers(value) : mismatch("base64 string", value)
  },
  encode: (bytes) =>
    bytes.length === 0 ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")
})

/** List of binary data; zero value: no elements. */
export const BytesList = listOf(Bytes)
