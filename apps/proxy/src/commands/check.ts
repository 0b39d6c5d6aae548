import { Effect, Option } from "effect"
import { Command } from "effect/cli"

import { configFlag } from "./config-flag.ts"

/** `cliproxy check`: says everything that is wrong with a configuration; exit code 1 when it cannot be used. */
export const checkCommand = Command.make(
  "check",
  { config: configFlag },
  Effect.fnUntraced(function* ({ config }) {
    const { checkConfig } = yield* Effect.promise(() => import("../config/check-config.ts"))
    yield* checkConfig(Option.getOrUndefined(config))
  })
).pipe(Command.withDescription("Check a configuration and say everything that is wrong with it"))
