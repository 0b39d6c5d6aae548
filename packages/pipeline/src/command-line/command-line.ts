import {
  AuthData,
  authRecords,
  commandLineExecute,
  type CommandLineFlagValue,
  commandLineRegister,
  type FlagDeclaration,
  readCommandLineFlag,
  zeroValue
} from "@cliproxy/abi"
import { Effect, Result } from "effect"
import { join } from "node:path"

import type { CredentialStore } from "../credential-files/credential-store.ts"
import { filesOf } from "../credential-files/login-sessions.ts"
import { callCapability } from "../plugin-executor/call-capability.ts"
import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"

/** A flag that a plugin adds to the command line. */
export interface PluginFlag extends FlagDeclaration {
  /** ID of the plugin. */
  readonly plugin: string
}

/** A command line on which flags of plugins were given. */
export interface PluginCommand {
  /** First argument of the process. */
  readonly program: string
  /** The arguments after it. */
  readonly args: ReadonlyArray<string>
  /** Configuration file in use; empty for none. */
  readonly configPath: string
  /** Flags of the host with their values as text. */
  readonly hostFlags: ReadonlyMap<string, string>
  /** The plugins' flags that were given, with their values as `normalizeFlagValue` gives them. */
  readonly given: ReadonlyMap<string, string>
}

/** What one plugin did. */
export interface PluginCommandOutcome {
  readonly plugin: string
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  /** 0 is success. */
  readonly exitCode: number
  /** Absolute paths of the credential files that were written. */
  readonly saved: ReadonlyArray<string>
  /** Why the plugin failed, or why its credentials were not stored; then the exit code is 1. */
  readonly problem?: string
}

/** Flags of plugins on the command line. Source: plugin ABI, command line. */
export interface CommandLine {
  /**
   * Asks the active plugins for their flags, in priority order. Flags that are not valid, or that the host or an earlier
   * plugin has, are left out and logged. `taken` are the names of the host's own flags, without dashes.
   */
  readonly flags: (taken: ReadonlySet<string>) => Effect.Effect<ReadonlyArray<PluginFlag>>
  /** Calls each plugin of which a flag was given, one after another in priority order. */
  readonly execute: (
    command: PluginCommand,
    flags: ReadonlyArray<PluginFlag>
  ) => Effect.Effect<ReadonlyArray<PluginCommandOutcome>>
}

/** How long a plugin may take to list its flags, in milliseconds. */
const REGISTER_DEADLINE_MS = 5_000

/** How long a plugin's command may take, in milliseconds: long enough for a person to log in with a browser. */
const EXECUTE_DEADLINE_MS = 30 * 60_000

const NOTHING: Uint8Array = new Uint8Array()

/** Makes the part of the gateway that runs plugins from the command line. */
export const makeCommandLine = (
  plugins: Pick<PluginHost, "active" | "fuse">,
  store: Pick<CredentialStore, "source" | "writeAll">
): CommandLine => {
  const register = (plugin: ActivePlugin) =>
    callCapability(
      plugins,
      plugin,
      commandLineRegister,
      { Plugin: plugin.registration.metadata },
      { deadlineMs: REGISTER_DEADLINE_MS }
    ).pipe(
      Effect.map(({ Flags }) => Flags),
      Effect.catch((error) =>
        Effect.as(Effect.logWarning(`plugin ${plugin.id} did not list its flags: ${error.message}`), [])
      )
    )

  const declaring = () => plugins.active().filter(({ registration }) => registration.capabilities.command_line_plugin)

  const flags: CommandLine["flags"] = Effect.fnUntraced(function* (taken) {
    const found = new Map<string, PluginFlag>()
    const owners = declaring()
    const answers = yield* Effect.forEach(owners, register, { concurrency: "unbounded" })
    for (const [index, { id }] of owners.entries()) {
      for (const written of answers[index] ?? []) {
        const flag = readCommandLineFlag(written)
        const problem = Result.isFailure(flag)
          ? flag.failure
          : taken.has(flag.success.name)
            ? "the host has it already"
            : found.has(flag.success.name)
              ? `plugin ${found.get(flag.success.name)?.plugin} has it already`
              : undefined
        if (Result.isSuccess(flag) && problem === undefined)
          found.set(flag.success.name, { ...flag.success, plugin: id })
        else yield* Effect.logWarning(`plugin ${id}: the flag ${JSON.stringify(written.Name)} is left out: ${problem}`)
      }
    }
    return [...found.values()]
  })

  const execute: CommandLine["execute"] = (command, known) => {
    const { args, configPath, given, hostFlags, program } = command
    const all: Record<string, CommandLineFlagValue> = Object.create(null)
    // The reference host says of its own flags that they are not set, whatever was given.
    for (const [name, value] of hostFlags) all[name] = { Name: name, Type: "", Value: value, Set: false }
    for (const { defaultValue, name, type } of known) {
      all[name] = { Name: name, Type: type, Value: given.get(name) ?? defaultValue, Set: given.has(name) }
    }
    const triggeredBy = (id: string): Record<string, CommandLineFlagValue> =>
      Object.fromEntries(
        known.flatMap(({ name, plugin }) => {
          const value = all[name]
          return plugin === id && given.has(name) && value !== undefined ? [[name, value]] : []
        })
      )

    const run = (plugin: ActivePlugin): Effect.Effect<PluginCommandOutcome> => {
      const request = {
        Plugin: plugin.registration.metadata,
        Program: program,
        Args: args,
        ConfigPath: configPath,
        Host: store.source().host,
        Flags: all,
        TriggeredFlags: triggeredBy(plugin.id)
      }
      const failed = (problem: string, stdout = NOTHING, stderr = NOTHING): PluginCommandOutcome => ({
        plugin: plugin.id,
        stdout,
        stderr,
        exitCode: 1,
        saved: [],
        problem
      })
      return callCapability(plugins, plugin, commandLineExecute, request, { deadlineMs: EXECUTE_DEADLINE_MS }).pipe(
        Effect.flatMap(({ Auths, ExitCode, Stderr, Stdout }) =>
          (ExitCode === 0 && Auths.length > 0 ? save(store, Auths) : Effect.succeed([])).pipe(
            Effect.map((saved) => ({ plugin: plugin.id, stdout: Stdout, stderr: Stderr, exitCode: ExitCode, saved })),
            Effect.catch(({ message }) =>
              Effect.succeed(failed(`its credentials were not stored: ${message}`, Stdout, Stderr))
            )
          )
        ),
        Effect.catch(({ message }) => Effect.succeed(failed(message)))
      )
    }
    return Effect.suspend(() =>
      Effect.forEach(
        declaring().filter(({ id }) => Object.keys(triggeredBy(id)).length > 0),
        run
      )
    )
  }

  return { flags, execute }
}

/** Stores credentials, all or none, and gives the files' paths. */
const save = (
  store: Pick<CredentialStore, "source" | "writeAll">,
  auths: ReadonlyArray<AuthData>
): Effect.Effect<ReadonlyArray<string>, { readonly message: string }> => {
  const files = filesOf(authRecords({ Auth: zeroValue(AuthData), Auths: auths }, ""))
  if (Result.isFailure(files)) return Effect.fail({ message: files.failure })
  return Effect.as(
    store.writeAll(files.success),
    files.success.map(({ name }) => join(store.source().dir ?? "", name))
  )
}
