/** Nanoseconds of each unit; the two micro signs of Unicode are the same unit. */
const units: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["µs", 1_000n],
  ["μs", 1_000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n]
])

const text64 = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/
const term = /(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g

/**
 * Nanoseconds of a duration in Go's notation: terms such as `1h30m`, `1.5s` and `-250ms` one after the other, or `0`.
 * `undefined` for other text and for more than a 64-bit integer holds.
 */
export const parseGoDuration = (text: string): bigint | undefined => {
  if (!text64.test(text)) return undefined
  let nanos = 0n
  for (const [, whole = "", fraction = "", name = ""] of text.matchAll(term)) {
    const unit = units.get(name) ?? 0n
    nanos += BigInt(whole || "0") * unit + (BigInt(fraction || "0") * unit) / 10n ** BigInt(fraction.length)
  }
  const limit = text.startsWith("-") ? 2n ** 63n : 2n ** 63n - 1n
  if (nanos > limit) return undefined
  return text.startsWith("-") ? -nanos : nanos
}

/** `whole` and `rest` thousandths, millionths or billionths, without needless digits. */
const decimal = (nanos: bigint, unit: bigint): string => {
  const rest = String(nanos % unit)
    .padStart(String(unit).length - 1, "0")
    .replace(/0+$/, "")
  return rest === "" ? String(nanos / unit) : `${nanos / unit}.${rest}`
}

/** A duration in Go's notation: `1h30m0s`, `1.5s`, `20ms`, `0s`. */
export const formatGoDuration = (nanos: bigint): string => {
  if (nanos === 0n) return "0s"
  const sign = nanos < 0n ? "-" : ""
  const all = nanos < 0n ? -nanos : nanos
  if (all < 1_000n) return `${sign}${all}ns`
  if (all < 1_000_000n) return `${sign}${decimal(all, 1_000n)}µs`
  if (all < 1_000_000_000n) return `${sign}${decimal(all, 1_000_000n)}ms`
  const hours = all / 3_600_000_000_000n
  const minutes = (all / 60_000_000_000n) % 60n
  const seconds = `${decimal(all % 60_000_000_000n, 1_000_000_000n)}s`
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}`
  return minutes > 0n ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`
}
