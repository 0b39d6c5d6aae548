import { type Effect, type Result, Schema } from "effect"

/** The settings of the configuration file, in the form of JSON; the keys are those of the file. Holds secrets. */
export type ConfigurationSettings = Readonly<Record<string, unknown>>

/**
 * The configuration is nothing that can be read or changed as it is now: there is no file, nobody may write to it, it
 * was broken by hand, or somebody else keeps writing it.
 */
export class ConfigurationNotEditable extends Schema.TaggedError<ConfigurationNotEditable>()(
  "ConfigurationNotEditable",
  { message: Schema.String }
) {}

/** What the file would say is no configuration. It was not touched. The message has one sentence per problem. */
export class ConfigurationRefused extends Schema.TaggedError<ConfigurationRefused>()("ConfigurationRefused", {
  message: Schema.String
}) {}

/** The file system failed. The file says what it said before. */
export class ConfigurationNotWritten extends Schema.TaggedError<ConfigurationNotWritten>()("ConfigurationNotWritten", {
  message: Schema.String
}) {}

/** Why a configuration was not read or changed. No message holds a value of the file. */
export type ConfigurationError = ConfigurationNotEditable | ConfigurationRefused | ConfigurationNotWritten

/** The configuration file, for operators who change it through the management API. */
export interface Configuration {
  /** What the file says now, whether or not it is in use already. */
  readonly read: Effect.Effect<ConfigurationSettings, ConfigurationNotEditable>
  /**
   * Makes the file say what `change` gives, checks the whole of it first, and takes it over. What stays the same keeps
   * its comments and its form. Edits run one after another; each sees what the one before it wrote. Ends when the new
   * settings are in use, also when nothing changed. Fails with what `change` fails with, and then nothing was done.
   */
  readonly edit: <E>(
    change: (settings: ConfigurationSettings) => Result.Result<ConfigurationSettings, E>
  ) => Effect.Effect<void, E | ConfigurationError>
}
