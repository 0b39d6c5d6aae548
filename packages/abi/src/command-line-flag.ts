import { Result } from "effect"
import type { CommandLineFlag } from "./command-line.ts"
import { formatGoDuration, parseGoDuration } from "./go-duration.ts"
import { goFloat, goInteger } from "./go-number.ts"
import { trimSpace } from "./trim-space.ts"

/** Types of flags. */
export const flagTypes = ["bool", "string", "int", "int64", "float64", "duration"] as const

/** Type of a flag. */
export type FlagType = (typeof flagTypes)[number]

/** A flag that a host may add to its command line. */
export interface FlagDeclaration {
  /** Without dashes. */
  readonly name: string
  readonly usage: string
  readonly type: FlagType
  /** Text of the value without the flag, as `normalizeFlagValue` gives it. */
  readonly defaultValue: string
}

const zeroValues: { readonly [T in FlagType]: string } = {
  bool: "false",
  string: "",
  int: "0",
  int64: "0",
  float64: "0",
  duration: "0s"
}

const truths = ["1", "t", "T", "TRUE", "true", "True"]
const falsehoods = ["0", "f", "F", "FALSE", "false", "False"]

const read = (type: FlagType, text: string): string | undefined => {
  switch (type) {
    case "bool":
      return truths.includes(text) ? "true" : falsehoods.includes(text) ? "false" : undefined
    case "string":
      return text
    case "int":
    case "int64":
      return goInteger(text)
    case "float64":
      return goFloat(text)
    case "duration": {
      const nanos = parseGoDuration(text)
      return nanos === undefined ? undefined : formatGoDuration(nanos)
    }
  }
}

/**
 * The text of a flag's value as plugins get it: `true` or `false`, decimal integers, floats in shortest form, durations
 * in Go's notation, text as it is. Fails with what was expected, without the value.
 */
export const normalizeFlagValue = (type: FlagType, text: string): Result.Result<string, string> => {
  const value = read(type, text)
  return value === undefined ? Result.fail(`expected a value of type ${type}`) : Result.succeed(value)
}

const isFlagType = (text: string): text is FlagType => flagTypes.some((type) => type === text)

/**
 * Reads a flag that a plugin declares. Fails with what is wrong: a host leaves such a flag out and takes the others.
 * That nobody else owns the name is for the host to see. Source: plugin ABI, command line (`docs/plugin-abi.md`).
 */
export const readCommandLineFlag = (flag: CommandLineFlag): Result.Result<FlagDeclaration, string> => {
  const name = trimSpace(flag.Name)
  if (name === "") return Result.fail("the name is blank")
  if (name.startsWith("-")) return Result.fail("the name begins with a dash")
  if (name === "help" || name === "h") return Result.fail(`the name ${name} is taken by the help`)
  if (/[ \t\r\n=]/.test(name)) return Result.fail("the name holds a blank or an equals sign")
  const type = trimSpace(flag.Type).toLowerCase() || "bool"
  if (!isFlagType(type)) return Result.fail(`the type is not one of ${flagTypes.join(", ")}`)
  const defaultValue = trimSpace(flag.DefaultValue) === "" ? zeroValues[type] : read(type, flag.DefaultValue)
  if (defaultValue === undefined) return Result.fail(`the default value is not of type ${type}`)
  return Result.succeed({ name, usage: flag.Usage, type, defaultValue })
}
