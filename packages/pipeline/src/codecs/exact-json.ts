import { parseJson } from "./json-fields.ts"

/** Digits enough for a whole number that JavaScript's numbers may not hold. Seldom met, and then mostly in a text. */
const LONG = /[0-9]{16}/

/** What the language has for it, and TypeScript's libraries do not. Source: https://github.com/tc39/proposal-json-parse-with-source */
interface JsonWithSource {
  readonly parse: (
    text: string,
    revive: (name: string, value: unknown, context: { readonly source?: string }) => unknown
  ) => unknown
  readonly rawJSON: (text: string) => object
}

const withSource = JSON as unknown as JsonWithSource

/**
 * The JSON value of a text, in which whole numbers beyond 2^53, such as IDs that a model passes to a tool, come out of
 * `JSON.stringify` as they went in: in place of such a number stands an object of `JSON.rawJSON`. `undefined` when the
 * text is no JSON.
 */
export const parseExact = (text: string): unknown => {
  if (!LONG.test(text)) return parseJson(text)
  try {
    return withSource.parse(text, keepLong)
  } catch {
    return undefined
  }
}

const keepLong = (_name: string, value: unknown, { source }: { readonly source?: string }): unknown =>
  typeof value === "number" && isLost(value, source) ? withSource.rawJSON(source) : value

/** Whether a number is not the whole one that its text says. */
const isLost = (value: number, source: string | undefined): source is string =>
  source !== undefined && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) && String(value) !== source
