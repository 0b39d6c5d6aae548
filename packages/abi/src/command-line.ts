import { AuthData } from "./auth-data.ts"
import { contract } from "./contract.ts"
import { HostConfigSummary } from "./host-config.ts"
import { Metadata } from "./lifecycle.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { listOf, StringList } from "./wire/list.ts"
import { mapOf } from "./wire/map.ts"
import { Bool, Int, Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Request of `command_line.register`. */
export const CommandLineRegistrationRequest = goStruct({
  /** The called plugin's own metadata. */
  Plugin: Metadata
})
/** Request of `command_line.register`. */
export type CommandLineRegistrationRequest = TypeOf<typeof CommandLineRegistrationRequest>

/** One flag that a plugin adds to the command line; see `readCommandLineFlag`. */
export const CommandLineFlag = goStruct({
  /** Without dashes. */
  Name: Str,
  /** Text for people. */
  Usage: Str,
  /** `bool`, `string`, `int`, `int64`, `float64` or `duration`, in any case; blank means `bool`. */
  Type: Str,
  /** Text of the value without the flag; blank: the type's zero value. */
  DefaultValue: Str
})
/** One flag that a plugin adds to the command line. */
export type CommandLineFlag = TypeOf<typeof CommandLineFlag>

/** Result of `command_line.register`. */
export const CommandLineRegistrationResponse = goStruct({ Flags: listOf(CommandLineFlag) })
/** Result of `command_line.register`. */
export type CommandLineRegistrationResponse = TypeOf<typeof CommandLineRegistrationResponse>

/** What a flag is set to. */
export const CommandLineFlagValue = goStruct({
  Name: Str,
  /** Empty for flags of the host. */
  Type: Str,
  /** Text as `normalizeFlagValue` gives it. */
  Value: Str,
  /** The person gave the flag. */
  Set: Bool
})
/** What a flag is set to. */
export type CommandLineFlagValue = TypeOf<typeof CommandLineFlagValue>

/** Request of `command_line.execute`. */
export const CommandLineExecutionRequest = goStruct({
  /** The called plugin's own metadata. */
  Plugin: Metadata,
  /** First argument of the process. */
  Program: Str,
  /** The arguments after it. */
  Args: StringList,
  /** Configuration file in use. */
  ConfigPath: Str,
  Host: HostConfigSummary,
  /** All flags by name. */
  Flags: mapOf(CommandLineFlagValue),
  /** The plugin's own flags that were given, by name. */
  TriggeredFlags: mapOf(CommandLineFlagValue)
})
/** Request of `command_line.execute`. */
export type CommandLineExecutionRequest = TypeOf<typeof CommandLineExecutionRequest>

/** Result of `command_line.execute`. */
export const CommandLineExecutionResponse = goStruct({
  Stdout: Bytes,
  Stderr: Bytes,
  /** Credentials to store, when `ExitCode` is 0. */
  Auths: listOf(AuthData),
  ExitCode: Int
})
/** Result of `command_line.execute`. */
export type CommandLineExecutionResponse = TypeOf<typeof CommandLineExecutionResponse>

/** Asks for the flags that the plugin adds to the command line. */
export const commandLineRegister = contract("command_line.register", {
  request: CommandLineRegistrationRequest,
  result: CommandLineRegistrationResponse
})

/** Runs a plugin whose flag was given on the command line. */
export const commandLineExecute = contract("command_line.execute", {
  request: CommandLineExecutionRequest,
  result: CommandLineExecutionResponse
})
