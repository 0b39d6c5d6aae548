import { Duration, Option } from "effect"
import { mismatch, wireKind } from "./wire-kind.ts"

/** The largest 64-bit float below 2^63. The next one is 2^63 itself, which no `int64` holds. */
const maxNanos = 9_223_372_036_854_774_784

const isDuration = (value: unknown): value is Duration.Duration =>
  Duration.isDuration(value) && Option.isSome(Duration.toNanos(value))

/** Length of time; an integer of nanoseconds on the wire, within 292 years; zero value: none. Finite durations only. */
export const DurationNanos = wireKind<Duration.Duration>({
  expected: "finite Duration",
  is: isDuration,
  decode: (value) => {
    if (value === null) return Duration.zero
    if (typeof value !== "number" || !Number.isInteger(value) || Math.abs(value) > 2 ** 63)
      return mismatch("integer nanoseconds", value)
    return Duration.nanos(BigInt(value))
  },
  encode: (duration) => {
    const nanos = Number(Duration.toNanosUnsafe(duration))
    return Math.max(-maxNanos, Math.min(maxNanos, nanos))
  }
})
