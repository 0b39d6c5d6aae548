/** Response headers by name, in any case; several values of a header as an array. */
export type ResponseHeaders = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

/** The first value of a header, trimmed. `name` is in lower case. */
export const headerValue = (headers: ResponseHeaders, name: string): string | undefined => {
  let value = headers[name]
  if (value === undefined) {
    const key = Object.keys(headers).find((candidate) => candidate.toLowerCase() === name)
    if (key !== undefined) value = headers[key]
  }
  return typeof value === "string" ? value.trim() : value?.[0]?.trim()
}

const decimal = /^\d+(?:\.\d+)?$/
/** `Sun, 06 Nov 1994 08:49:37 GMT` and the obsolete `Sunday, 06-Nov-94 08:49:37 GMT`. */
const dateInGmt = /^[A-Za-z]{3,9}, \d{2}[ -][A-Za-z]{3}[ -]\d{2,4} \d{2}:\d{2}:\d{2} GMT$/
/** `Sun Nov  6 08:49:37 1994`: names no zone but means GMT. */
const dateOfAsctime = /^[A-Za-z]{3} [A-Za-z]{3} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/

const parseHttpDate = (text: string): number =>
  dateInGmt.test(text) ? Date.parse(text) : dateOfAsctime.test(text) ? Date.parse(`${text} GMT`) : Number.NaN

/**
 * How long a provider asks to wait, in milliseconds from `now` (milliseconds since the epoch), or `undefined` when it
 * does not say or what it says cannot be read. 0 for a time that has passed.
 *
 * Reads `retry-after-ms` (milliseconds, as the OpenAI SDKs do), then `Retry-After` in seconds or as a date in any of
 * HTTP's three forms (RFC 9110, sections 10.2.3 and 5.6.7).
 */
export const retryAfterMs = (headers: ResponseHeaders, now: number): number | undefined => {
  const milliseconds = headerValue(headers, "retry-after-ms")
  if (milliseconds !== undefined && decimal.test(milliseconds)) return Number(milliseconds)
  const value = headerValue(headers, "retry-after")
  if (value === undefined) return undefined
  if (decimal.test(value)) return Number(value) * 1_000
  const date = parseHttpDate(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
