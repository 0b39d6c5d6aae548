import { readFile, stat } from "node:fs/promises"

import { Effect, Schema } from "effect"

import { type ConfigProblem, formatProblem } from "./config-problem.ts"
import { decodeConfig } from "./decode-config.ts"
import type { ProxyConfig } from "./proxy-config.ts"

/** The file cannot be read at all. */
export class ConfigUnreadable extends Schema.TaggedError<ConfigUnreadable>()("ConfigUnreadable", {
  message: Schema.String
}) {}

/** The file was read and is not usable. The message has one line per problem. */
export class ConfigInvalid extends Schema.TaggedError<ConfigInvalid>()("ConfigInvalid", {
  message: Schema.String
}) {}

/** A configuration and the warnings that came with it, each already a line of text. */
export interface LoadedConfig {
  readonly config: ProxyConfig
  readonly warnings: ReadonlyArray<string>
}

const unreadable = (path: string, error: NodeJS.ErrnoException): ConfigUnreadable => {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file. `cliproxy init` writes one to begin with",
    EACCES: "this user may not read it",
    EPERM: "this user may not read it",
    ENOTDIR: "a part of its path is not a folder",
    EISDIR:
      "it is a folder, not a file. Docker makes a folder when a file that is mounted does not exist on the host: remove the folder, create the file, and start again"
  }
  return new ConfigUnreadable({ message: `cannot read ${path}: ${reasons[error.code ?? ""] ?? error.message}` })
}

/** Beyond this size a file is no configuration, and reading it would only cost memory. */
const maxBytes = 16 * 1024 * 1024

const isErrno = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error

/** Reads the text of a configuration file. Fails with `ConfigUnreadable`, which says why in words. */
export const readConfigText = (path: string): Effect.Effect<string, ConfigUnreadable> =>
  Effect.tryPromise({
    try: async () => {
      const info = await stat(path)
      if (info.isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" })
      if (info.size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`)
      return await readFile(path, "utf8")
    },
    catch: (error) => unreadable(path, isErrno(error) ? error : new Error(String(error)))
  })

/** The lines to show for problems of one severity. */
export const linesOf = (
  path: string,
  problems: ReadonlyArray<ConfigProblem>,
  severity: ConfigProblem["severity"]
): ReadonlyArray<string> =>
  problems.filter((problem) => problem.severity === severity).map((problem) => formatProblem(path, problem))

/** Checks the text of a file. `path` names it in messages. Fails with `ConfigInvalid`. */
export const checkConfigText = (
  path: string,
  text: string,
  cwd: string
): Effect.Effect<LoadedConfig, ConfigInvalid> => {
  const { config, problems } = decodeConfig(text, cwd)
  return config === undefined
    ? Effect.fail(new ConfigInvalid({ message: linesOf(path, problems, "error").join("\n") }))
    : Effect.succeed({ config, warnings: linesOf(path, problems, "warning") })
}

/** Reads and checks a file. */
export const loadConfig = (path: string, cwd: string): Effect.Effect<LoadedConfig, ConfigUnreadable | ConfigInvalid> =>
  Effect.flatMap(readConfigText(path), (text) => checkConfigText(path, text, cwd))
