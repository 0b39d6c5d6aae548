import type { SchemaIssue } from "effect"
import { invalid, mismatch, wireKind } from "./wire-kind.ts"

const zeroText = "0001-01-01T00:00:00Z"
const pattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/

/** Milliseconds since 1970. `Date.UTC` takes the years 0 to 99 for 1900 to 1999, so the year is set on its own. */
const utcMillis = (year: number, month: number, day: number, hour: number, minute: number, second: number): number => {
  const date = new Date(Date.UTC(2000, 0, 1, hour, minute, second))
  return date.setUTCFullYear(year, month - 1, day)
}

const zeroMillis = utcMillis(1, 1, 1, 0, 0, 0)

const daysInMonth = (year: number, month: number): number => {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

const parse = (text: string): Date | null | SchemaIssue.Issue => {
  const match = pattern.exec(text)
  if (match === null) return invalid("expected RFC 3339 time, found other text")
  const part = (index: number) => Number(match[index] ?? 0)
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)]
  const inRange =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth(year, month) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59
  if (!inRange || part(9) > 23 || part(10) > 59)
    return invalid("expected RFC 3339 time, found a date or time out of range")
  const offsetMinutes = (part(9) * 60 + part(10)) * (match[8] === "-" ? -1 : 1)
  const fraction = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3))
  const millis = utcMillis(year, month, day, hour, minute, second) - offsetMinutes * 60_000 + fraction
  return millis === zeroMillis ? null : new Date(millis)
}

const ZERO = 0x30
const POINT = 0x2e

/** `.120Z` becomes `.12Z`, and `.000Z` just `Z`, as Go writes it. */
const withoutZeros = (text: string): string => {
  let end = text.length - 1
  while (text.charCodeAt(end - 1) === ZERO) end--
  if (text.charCodeAt(end - 1) === POINT) end--
  return end === text.length - 1 ? text : `${text.slice(0, end)}Z`
}

const isTime = (value: unknown): value is Date | null => {
  if (value === null) return true
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) return false
  return value.getUTCFullYear() >= 0 && value.getUTCFullYear() <= 9999
}

/**
 * Point in time, or `null` for Go's zero time (0001-01-01T00:00:00Z), which means "not set".
 *
 * RFC 3339 with any offset and up to nine digits of a second. A `Date` counts milliseconds: finer digits are cut when
 * reading, and UTC is written. Years 0 to 9999.
 */
export const Time = wireKind<Date | null>({
  expected: "valid Date from year 0 to 9999, or null",
  is: isTime,
  decode: (value) =>
    value === null ? null : typeof value === "string" ? parse(value) : mismatch("RFC 3339 string", value),
  encode: (date) => (date === null ? zeroText : withoutZeros(date.toISOString()))
})
