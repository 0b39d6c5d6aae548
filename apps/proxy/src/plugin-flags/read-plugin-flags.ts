import { normalizeFlagValue } from "@cliproxy/abi"
import type { PluginFlag } from "@cliproxy/pipeline"
import { Result } from "effect"

/** Flags of plugins that were given, and the words that are left for the host. */
export interface GivenFlags {
  /** By name, with the values in the form that plugins get. */
  readonly given: ReadonlyMap<string, string>
  readonly rest: ReadonlyArray<string>
}

/** A flag, with one dash or two, and the value behind an equals sign. */
const flagWord = /^--?([^-=][^=]*)(?:=(.*))?$/s

/**
 * Takes the flags of plugins out of a command line. They are read as Go's `flag` package reads them, because that is
 * what their authors know: one dash or two, `-flag=value` or `-flag value`, and a flag without a value counts as true.
 * The last one of a name counts. Fails with what is wrong, without the value.
 */
export const readPluginFlags = (
  args: ReadonlyArray<string>,
  flags: ReadonlyArray<PluginFlag>
): Result.Result<GivenFlags, string> => {
  const known = new Map(flags.map((flag) => [flag.name, flag]))
  const given = new Map<string, string>()
  const rest: Array<string> = []
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? ""
    if (word === "--") {
      rest.push(...args.slice(index))
      break
    }
    const [, name = "", written] = flagWord.exec(word) ?? []
    const flag = known.get(name)
    if (flag === undefined) {
      rest.push(word)
      continue
    }
    const text = written ?? (flag.type === "bool" ? "true" : args[++index])
    if (text === undefined) return Result.fail(`--${name} needs a value`)
    const value = normalizeFlagValue(flag.type, text)
    if (Result.isFailure(value)) return Result.fail(`--${name}: ${value.failure}`)
    given.set(name, value.success)
  }
  return Result.succeed({ given, rest })
}
