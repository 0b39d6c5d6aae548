import { Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type FlagType,
  formatGoDuration,
  normalizeFlagValue,
  parseGoDuration,
  readCommandLineFlag
} from "../src/index.ts"

const flag = (Name: string, Type = "", DefaultValue = "") => ({ Name, Usage: "help", Type, DefaultValue })
const value = (type: FlagType, text: string) => Result.getOrElse(normalizeFlagValue(type, text), () => "refused")
const values = (type: FlagType, texts: ReadonlyArray<string>) => texts.map((text) => value(type, text))

const reason = (...given: Parameters<typeof flag>) => Result.flip(readCommandLineFlag(flag(...given)))

describe("a flag that a plugin declares", () => {
  it("has a trimmed name, bool as its type when that is blank, and the type's zero value when it has no other", () => {
    expect(readCommandLineFlag(flag(" lyre-login "))).toEqual(
      Result.succeed({ name: "lyre-login", usage: "help", type: "bool", defaultValue: "false" })
    )
    const zero = (type: string) => Result.getOrThrow(readCommandLineFlag(flag("a", type))).defaultValue
    expect(["Bool", "STRING", " int ", "int64", "float64", "duration"].map(zero)).toEqual([
      "false",
      "",
      "0",
      "0",
      "0",
      "0s"
    ])
  })

  it("177: is refused, with the reason, for an invalid name, type or default", () => {
    expect([reason(""), reason(" \t")]).toEqual(Array(2).fill(Result.succeed("the name is blank")))
    expect([reason("-x"), reason("--x")]).toEqual(Array(2).fill(Result.succeed("the name begins with a dash")))
    for (const name of ["help", "h"]) expect(Result.isSuccess(reason(name))).toBe(true)
    for (const name of ["a b", "a\tb", "a\rb", "a\nb", "a=b"])
      expect(reason(name)).toEqual(Result.succeed("the name holds a blank or an equals sign"))
    expect(reason("a", "uint")).toEqual(
      Result.succeed("the type is not one of bool, string, int, int64, float64, duration")
    )
    expect(reason("a", "int", "1.5")).toEqual(Result.succeed("the default value is not of type int"))
    expect(reason("a", "", "yes")).toEqual(Result.succeed("the default value is not of type bool"))
  })
})

describe("the value of a flag", () => {
  it("is true or false for the words that Go takes for them, and no others", () => {
    expect(values("bool", ["1", "t", "T", "TRUE", "true", "True"])).toEqual(Array(6).fill("true"))
    expect(values("bool", ["0", "f", "F", "FALSE", "false", "False"])).toEqual(Array(6).fill("false"))
    expect(values("bool", ["", "yes", "tRUE", " true", "2"])).toEqual(Array(5).fill("refused"))
  })

  it("is a decimal integer of 64 bits, read in any of Go's bases", () => {
    expect(values("int", ["7", "-0", "+12", "0x1F", "0b101", "0o17", "017", "1_000", "0x_f"])).toEqual([
      "7",
      "0",
      "12",
      "31",
      "5",
      "15",
      "15",
      "1000",
      "15"
    ])
    const limits = ["9223372036854775807", "-9223372036854775808"]
    expect(values("int64", limits)).toEqual(limits)
    expect(
      values("int64", ["9223372036854775808", "-9223372036854775809", "", "1.0", "1e3", "08", "_1", "1__0", " 1"])
    ).toEqual(Array(9).fill("refused"))
  })

  it("is a float in its shortest form", () => {
    const forms = {
      "0.50": "0.5",
      "-0": "-0",
      "3": "3",
      ".25": "0.25",
      "1.": "1",
      "1_0.2_5": "10.25",
      "100000": "100000",
      "1000000": "1e+06",
      "123456789": "1.23456789e+08",
      "1e21": "1e+21",
      "0.0001": "0.0001",
      "0.00001": "1e-05",
      "-1.5E-7": "-1.5e-07",
      "1e100": "1e+100",
      inf: "+Inf",
      "-Infinity": "-Inf",
      NaN: "NaN"
    }
    for (const [text, form] of Object.entries(forms)) expect([text, value("float64", text)]).toEqual([text, form])
    expect(values("float64", ["", ".", "1e", "1e999", "0x1p-2", "1__0", "1,5", " 1"])).toEqual(Array(8).fill("refused"))
  })

  it("is a float that reads back as the same number", () => {
    const property = fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((double) => double + 0),
      (number) => {
        expect(Number(value("float64", String(number)))).toBe(number)
      }
    )
    fc.assert(property)
  })

  it("is a duration in Go's notation", () => {
    const forms = {
      "90m": "1h30m0s",
      "1h": "1h0m0s",
      "1.5s": "1.5s",
      "100ms": "100ms",
      "1500us": "1.5ms",
      "1.5µs": "1.5µs",
      "2μs": "2µs",
      "7ns": "7ns",
      "0": "0s",
      "-1m.5s": "-1m0.5s",
      "+61s": "1m1s",
      "1.0000000009s": "1s"
    }
    for (const [text, form] of Object.entries(forms)) expect([text, value("duration", text)]).toEqual([text, form])
    expect(values("duration", ["", "1", "s", ".s", "1d", "1h-3m", "1 s", "-", "10000000h"])).toEqual(
      Array(9).fill("refused")
    )
  })

  it("is a duration that reads back as the same number of nanoseconds, to the limits of 64 bits", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (nanos) => {
        expect(parseGoDuration(formatGoDuration(nanos))).toBe(nanos)
      })
    )
    expect(parseGoDuration("9223372036854775808ns")).toBeUndefined()
    expect(parseGoDuration("-9223372036854775808ns")).toBe(-(2n ** 63n))
  })

  it("is a text as it stands", () => {
    expect(values("string", ["", " a=b "])).toEqual(["", " a=b "])
  })
})
