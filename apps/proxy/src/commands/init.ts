import { writeFile } from "node:fs/promises"

import { Console, Effect } from "effect"
import { Argument, Command } from "effect/cli"

import { CommandFailed } from "./command-failed.ts"

const code = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error ? String(error.code) : undefined

/** `cliproxy init`: writes the configuration to begin with. It never overwrites a file. */
export const initCommand = Command.make(
  "init",
  {
    file: Argument.String("file").pipe(Argument.withDescription("File to write"), Argument.withDefault("config.yaml"))
  },
  Effect.fnUntraced(function* ({ file }) {
    const { findSchedulerExample, starterConfig } = yield* Effect.promise(() => import("../config/starter-config.ts"))
    const text = starterConfig(yield* findSchedulerExample)
    yield* Effect.tryPromise({
      // Only its owner may read it, because keys will stand in it.
      try: () => writeFile(file, text, { flag: "wx", mode: 0o600 }),
      catch: (error) =>
        new CommandFailed({
          message:
            code(error) === "EEXIST"
              ? `${file} exists already and was left as it is`
              : `cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`
        })
    })
    yield* Console.log(`wrote ${file}; now run: cliproxy serve --config ${file}`)
  })
).pipe(Command.withDescription("Write a configuration file to begin with"))
