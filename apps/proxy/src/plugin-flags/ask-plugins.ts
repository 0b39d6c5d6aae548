import { resolve } from "node:path"

import { Gateway, type GatewayPlugins, type GatewaySettings, type PluginFlag } from "@cliproxy/pipeline"
import { Console, Effect, Fiber, Logger, Option, Result } from "effect"

import { CommandFailed } from "../commands/command-failed.ts"
import { loadConfig } from "../config/read-config.ts"
import { makeLog } from "../log/log.ts"
import { gatewayLayer } from "../serve/gateway-layer.ts"
import { hostFlagNames, splitArguments } from "./host-flags.ts"
import { readPluginFlags } from "./read-plugin-flags.ts"

/** Milliseconds that the help waits for plugins. It is for people who look something up. */
const helpMs = 2000

/** Everything in processes of their own: looking up the flags must not be able to harm anything. */
const isolated = (settings: GatewaySettings): GatewaySettings["plugins"] => ({
  ...settings.plugins,
  configs: new Map([...settings.plugins.configs].map(([id, config]) => [id, { ...config, isolation: "process" }]))
})

const withPlugins = Effect.fnUntraced(function* <A, E>(
  settings: GatewaySettings,
  use: (plugins: GatewayPlugins) => Effect.Effect<A, E>
) {
  const gateway = yield* Gateway
  yield* gateway.configure(settings)
  if (gateway.plugins === undefined) return yield* Effect.die("this gateway has no plugins")
  return yield* use(gateway.plugins)
})

/** What a plugin wrote, on one line and without what could steer a terminal. */
const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, " ")

const flagLine = ({ defaultValue, name, plugin, type, usage }: PluginFlag): readonly [string, string] => {
  const value = type === "bool" ? "" : ` <${type}>`
  const otherwise = ["", "false", "0", "0s"].includes(defaultValue) ? "" : ` (default: ${defaultValue})`
  return [printable(`--${name}${value}`), printable(`${usage}${otherwise} [plugin ${plugin}]`)]
}

const helpLines = (flags: ReadonlyArray<PluginFlag>): ReadonlyArray<string> => {
  if (flags.length === 0) return []
  const lines = flags.map(flagLine)
  const width = Math.max(...lines.map(([left]) => left.length))
  return ["", "PLUGIN FLAGS", ...lines.map(([left, right]) => `  ${left.padEnd(width)}    ${right}`)]
}

/** Lines about the flags of plugins for the help: as many as there are in time, and no word about what went wrong. */
export const helpOfPlugins = Effect.fnUntraced(function* (configPath: string) {
  const collect = Effect.gen(function* () {
    const { config } = yield* loadConfig(resolve(configPath), process.cwd())
    if (!config.gateway.plugins.enabled) return []
    const settings = { ...config.gateway, providers: [], authDir: undefined, plugins: isolated(config.gateway) }
    return yield* Effect.scoped(withPlugins(settings, ({ commandLine }) => commandLine.flags(hostFlagNames))).pipe(
      Effect.provide(gatewayLayer())
    )
  }).pipe(
    Effect.provide(Logger.layer([])),
    Effect.catchCause(() => Effect.succeed<ReadonlyArray<PluginFlag>>([]))
  )
  // Nobody waits until the plugins have ended either: they end with this process.
  const fiber = yield* Effect.forkDetach(collect)
  return helpLines(Option.getOrElse(yield* Effect.timeoutOption(Fiber.join(fiber), helpMs), () => []))
})

const write = (stream: NodeJS.WriteStream, bytes: Uint8Array): Effect.Effect<void> =>
  Effect.callback((resume) => {
    stream.write(bytes, () => resume(Effect.void))
  })

const unknownFlag = (words: ReadonlyArray<string>): string | undefined => {
  for (const word of words) {
    if (word === "--") return undefined
    if (word.startsWith("-") && splitArguments([word]).hasOthers) return word.split("=", 1)[0]
  }
  return undefined
}

/** Runs the plugins whose flags were given; `undefined` when none was. */
const execute = Effect.fnUntraced(function* (
  { commandLine }: GatewayPlugins,
  args: ReadonlyArray<string>,
  configPath: string
) {
  const flags = yield* commandLine.flags(hostFlagNames)
  const read = readPluginFlags(args, flags)
  if (Result.isFailure(read)) return yield* new CommandFailed({ message: read.failure })
  const { given, rest } = read.success
  if (given.size === 0) return undefined
  const unknown = unknownFlag(rest)
  if (unknown !== undefined) return yield* new CommandFailed({ message: `${unknown} is not a known flag` })
  const outcomes = yield* commandLine.execute(
    {
      program: process.argv[1] ?? "cliproxy",
      args,
      configPath,
      hostFlags: new Map([...splitArguments(rest).host].filter(([, value]) => value !== "")),
      given
    },
    flags
  )
  for (const { plugin, problem, saved, stderr, stdout } of outcomes) {
    yield* write(process.stdout, stdout)
    yield* write(process.stderr, stderr)
    for (const path of saved) yield* Console.log(`Authentication saved to ${path}`)
    if (problem !== undefined) yield* Console.error(`cliproxy: plugin ${plugin}: ${problem}`)
  }
  return outcomes.find(({ exitCode }) => exitCode !== 0)?.exitCode ?? 0
})

/**
 * Runs the plugins whose flags were given and gives their exit code; `undefined` when none was. Fails when the
 * configuration cannot be used, or a flag has a value of the wrong type.
 */
export const runFlagged = Effect.fnUntraced(function* (args: ReadonlyArray<string>, configPath: string) {
  const { config } = yield* loadConfig(resolve(configPath), process.cwd())
  if (!config.gateway.plugins.enabled) return undefined
  const log = makeLog(process.stderr)
  log.setLevel(config.debug ? "Debug" : "Warn")
  return yield* Effect.scoped(withPlugins(config.gateway, (plugins) => execute(plugins, args, configPath))).pipe(
    Effect.provide(gatewayLayer()),
    Effect.provide(log.layer)
  )
})
