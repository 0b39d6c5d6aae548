/** A flag of the command line itself, as far as flags of plugins have to be told from it. */
interface HostFlag {
  readonly name: string
  readonly short?: string
  readonly takesValue: boolean
}

/** Flags of `cliproxy` and `cliproxy serve`. Plugins cannot have a flag of these names. */
export const hostFlags: ReadonlyArray<HostFlag> = [
  { name: "config", short: "c", takesValue: true },
  { name: "host", takesValue: true },
  { name: "port", short: "p", takesValue: true },
  { name: "log-level", takesValue: true },
  { name: "completions", takesValue: true },
  { name: "help", short: "h", takesValue: false },
  { name: "version", short: "v", takesValue: false }
]

/** Their names, long and short. */
export const hostFlagNames: ReadonlySet<string> = new Set(
  hostFlags.flatMap(({ name, short }) => (short === undefined ? [name] : [name, short]))
)

const byName = new Map(
  hostFlags.flatMap((flag): ReadonlyArray<readonly [string, HostFlag]> => [
    [`--${flag.name}`, flag],
    ...(flag.short === undefined ? [] : [[`-${flag.short}`, flag] as const])
  ])
)

/** A command line, taken apart as far as that is possible without knowing the plugins' flags. */
export interface SplitArguments {
  /** First word that is neither a flag nor its value. None after a flag that is not the host's: it may be the value. */
  readonly command: string | undefined
  /** Flags of the host, by long name, with their values; empty for those without. */
  readonly host: ReadonlyMap<string, string>
  /** Whether anything looks like a flag and is none of the host's. */
  readonly hasOthers: boolean
}

/** Takes a command line apart. */
export const splitArguments = (args: ReadonlyArray<string>): SplitArguments => {
  const host = new Map<string, string>()
  let command: string | undefined
  let hasOthers = false
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? ""
    if (word === "--") break
    if (!word.startsWith("-") || word === "-") {
      if (!hasOthers) command ??= word
      continue
    }
    const equals = word.indexOf("=")
    const flag = byName.get(equals < 0 ? word : word.slice(0, equals))
    if (flag === undefined) {
      hasOthers = true
      continue
    }
    if (equals >= 0) host.set(flag.name, word.slice(equals + 1))
    else if (flag.takesValue) host.set(flag.name, args[++index] ?? "")
    else host.set(flag.name, "")
  }
  return { command, host, hasOthers }
}
