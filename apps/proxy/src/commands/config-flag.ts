import { Flag } from "effect/cli"

/** `--config FILE`, the same for every command that reads a configuration. */
export const configFlag = Flag.String("config").pipe(
  Flag.withAlias("c"),
  Flag.withMetavar("FILE"),
  Flag.withDescription("Configuration file (YAML). Without it: the built-in demo configuration"),
  Flag.optional
)
