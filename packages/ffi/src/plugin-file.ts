import { Effect } from "effect"
import { constants } from "node:fs"
import { access, stat } from "node:fs/promises"

import { PluginFileMissing, PluginNotALibrary } from "./load-error.ts"

/** Succeeds when there is a readable file at `path`; whether it is a library only the dynamic loader can tell. */
export const checkFile = (path: string): Effect.Effect<void, PluginFileMissing | PluginNotALibrary> =>
  Effect.tryPromise({
    try: async () => {
      await access(path, constants.R_OK)
      return (await stat(path)).isFile()
    },
    catch: (cause) => new PluginFileMissing({ path, code: (cause as NodeJS.ErrnoException).code ?? "UNKNOWN" })
  }).pipe(
    Effect.flatMap((isFile) =>
      isFile ? Effect.void : Effect.fail(new PluginNotALibrary({ path, detail: "it is not a regular file" }))
    )
  )
