const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n }

/** Integer literals of Go: decimal, `0x`, `0o`, `0b` or a leading 0 for octal, with `_` between digits. */
const integer =
  /^([+-]?)(?:(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+)|0((?:_?[0-7])+)|(0|[1-9](?:_?\d)*))$/

/** A 64-bit integer as Go's `flag` package reads it, in decimal; `undefined` for other text and numbers out of range. */
export const goInteger = (text: string): string | undefined => {
  const match = integer.exec(text)
  if (match === null) return undefined
  const [, sign, prefixed, octal, decimal] = match
  const digits = (prefixed ?? (octal === undefined ? (decimal ?? "") : `0o${octal}`)).replaceAll("_", "")
  const value = sign === "-" ? -BigInt(digits) : BigInt(digits)
  return value < int64.min || value > int64.max ? undefined : String(value)
}

/** Decimal floats of Go, with `_` between digits. */
const float = /^[+-]?(?:\d(?:_?\d)*\.?(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?$/
const specials: ReadonlyMap<string, string> = new Map([
  ["nan", "NaN"],
  ["inf", "+Inf"],
  ["infinity", "+Inf"],
  ["+inf", "+Inf"],
  ["+infinity", "+Inf"],
  ["-inf", "-Inf"],
  ["-infinity", "-Inf"]
])

/** Digits and exponent of a number without sign, in the shortest form that reads back as the same. */
const shortest = (magnitude: number): string => {
  const [digits = "0", power = "0"] = magnitude.toExponential().split("e")
  const exponent = Number(power)
  // As Go's format `g`: small and large numbers have an exponent, of at least two digits.
  if (exponent < -4 || exponent >= 6)
    return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`
  if (exponent >= 0) return String(magnitude)
  return `0.${"0".repeat(-exponent - 1)}${digits.replace(".", "")}`
}

/**
 * A 64-bit float as Go's `flag` package reads it, in shortest form (`0.5`, `1e+06`, `+Inf`); `undefined` for other text
 * and numbers out of range. Hexadecimal floats are not read.
 */
export const goFloat = (text: string): string | undefined => {
  const special = specials.get(text.toLowerCase())
  if (special !== undefined) return special
  if (!float.test(text)) return undefined
  const value = Number(text.replaceAll("_", ""))
  if (!Number.isFinite(value)) return undefined
  return (value < 0 || Object.is(value, -0) ? "-" : "") + shortest(Math.abs(value))
}
