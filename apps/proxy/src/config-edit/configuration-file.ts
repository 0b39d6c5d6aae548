import {
  type Configuration,
  type ConfigurationError,
  ConfigurationNotEditable,
  ConfigurationNotWritten,
  ConfigurationRefused,
  type ConfigurationSettings
} from "@cliproxy/server"
import { Effect, Fiber, Result, Scope, Semaphore } from "effect"

import { decodeConfig } from "../config/decode-config.ts"
import { readConfigText } from "../config/read-config.ts"
import { editYaml, readSettings } from "./edit-yaml.ts"
import { isReadOnly, replaceConfigText } from "./replace-config-text.ts"

/** How often an edit begins again because somebody else has written the file meanwhile. */
const patience = 3

const notEditable = (message: string) => new ConfigurationNotEditable({ message })

const settingsOf = (text: string): Effect.Effect<ConfigurationSettings, ConfigurationNotEditable> => {
  const settings = readSettings(text)
  return settings === undefined
    ? Effect.fail(notEditable("the configuration file is not valid YAML; correct it by hand first"))
    : Effect.succeed(settings)
}

/** Codes of errors that mean that a file may not be written to. */
const forbidden = ["EROFS", "EACCES", "EPERM"]

const attempt = <A>(evaluate: () => Promise<A>): Effect.Effect<A, ConfigurationError> =>
  Effect.tryPromise({
    try: evaluate,
    catch: (error) => {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown"
      return forbidden.includes(code)
        ? notEditable("the configuration file may not be written to by the user that the proxy runs as")
        : new ConfigurationNotWritten({ message: `the configuration file could not be written (${code})` })
    }
  })

/** The configuration that is built in: it can be looked at. */
export const builtInConfiguration = (text: string): Configuration => ({
  read: settingsOf(text),
  edit: () =>
    Effect.fail(
      notEditable(
        "the proxy runs with its built-in configuration; write one with `cliproxy init` and start it with --config"
      )
    )
})

/** A file that holds the configuration. */
export interface ConfigurationFileOptions {
  /** Absolute. */
  readonly path: string
  /** What relative folders in it are relative to. */
  readonly cwd: string
  /** Takes the file over as it is now. */
  readonly takeOver: Effect.Effect<void>
}

/**
 * The configuration in a file. Edits run one after another, and an edit that has begun is made to its end, whoever stops
 * waiting for it. Nothing is written that could not be loaded.
 */
export const configurationFile = Effect.fnUntraced(function* ({ cwd, path, takeOver }: ConfigurationFileOptions) {
  const scope = yield* Scope.Scope
  const turns = Semaphore.makeUnsafe(1)

  const readText = Effect.mapError(readConfigText(path), ({ message }) => notEditable(message))

  /** Problems that make a text no configuration. Positions are left out: nobody has seen the text. */
  const problemsIn = (text: string): ReadonlyArray<string> =>
    decodeConfig(text, cwd)
      .problems.filter(({ severity }) => severity === "error")
      .map(({ message, path: where }) => (where === "" ? message : `${where}: ${message}`))

  /** `false`: somebody else has written the file since it was read. */
  const editOnce = Effect.fnUntraced(function* <E>(
    change: (settings: ConfigurationSettings) => Result.Result<ConfigurationSettings, E>
  ): Effect.fn.Return<boolean, E | ConfigurationError> {
    const before = yield* readText
    const settings = yield* settingsOf(before)
    if (problemsIn(before).length > 0) {
      return yield* notEditable("the configuration file is not valid as it stands; correct it by hand first")
    }
    const wanted = yield* Effect.fromResult(change(settings))
    const after = yield* Effect.fromResult(
      Result.mapError(editYaml(before, wanted), (why) => notEditable(`the configuration file cannot be edited: ${why}`))
    )
    const problems = problemsIn(after)
    if (problems.length > 0) return yield* new ConfigurationRefused({ message: problems.join("; ") })
    if (after === before) return true
    if (yield* attempt(() => isReadOnly(path))) {
      return yield* notEditable("the configuration file is read-only")
    }
    if ((yield* readText) !== before) return false
    yield* attempt(() => replaceConfigText(path, after))
    return true
  })

  const edit = Effect.fnUntraced(function* <E>(
    change: (settings: ConfigurationSettings) => Result.Result<ConfigurationSettings, E>
  ): Effect.fn.Return<void, E | ConfigurationError> {
    for (let left = patience; left > 0; left--) {
      if (yield* turns.withPermits(1)(editOnce(change))) return yield* takeOver
    }
    return yield* notEditable("somebody else keeps writing the configuration file; try again")
  })

  const configuration: Configuration = {
    read: Effect.flatMap(readText, settingsOf),
    edit: (change) => Effect.flatMap(Effect.forkIn(edit(change), scope), Fiber.join)
  }
  return configuration
})
