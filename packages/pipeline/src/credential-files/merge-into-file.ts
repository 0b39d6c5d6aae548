import { Effect, Result, Schedule } from "effect"
import { isDeepStrictEqual } from "node:util"

import { CredentialFileError, putAside, readCredentialFile, writeCredentialFile } from "./credential-directory.ts"
import { withoutDashes } from "./file-settings.ts"
import type { JsonObject } from "../canonical/json.ts"
import { mergeOver, readJsonObject } from "./json-object.ts"

/** A file after something was merged into it. */
export interface MergedFile {
  /** What it holds now. */
  readonly json: JsonObject
  /** What it is like, as `stampOf` tells it; undefined when it held the same already and was left alone. */
  readonly stamp: string | undefined
  /** Whether somebody else had changed it since `base` was read. */
  readonly changedMeanwhile: boolean
}

/** How often, and how many milliseconds apart, a file is read again that somebody seems to be writing. */
const PATIENCE = { times: 10, everyMs: 50 }

/**
 * Writes an object into a file; `base` is what the file held when the object was made from it, undefined for one that
 * was not read before. What others changed in it meanwhile stays, and an equal file is left alone.
 *
 * A file that somebody has removed stays removed: that is an error. Somebody who is just writing it is waited for; what
 * is no JSON for longer is put aside, as neither that nor a renewed token may be lost.
 */
export const mergeIntoFile = (
  path: string,
  base: JsonObject | undefined,
  ours: JsonObject
): Effect.Effect<MergedFile, CredentialFileError> =>
  Effect.gen(function* () {
    const found = yield* readWhole(path)
    if (found === undefined && base !== undefined) {
      return yield* new CredentialFileError({ message: "the file was removed meanwhile" })
    }
    if (found === "not JSON" && base !== undefined) {
      const aside = yield* putAside(path)
      yield* Effect.logWarning(`the credential file ${path} is no JSON object. It is now ${aside}, and written anew`)
    }
    const disk = typeof found === "object" ? found : undefined
    const json = withoutDashes(mergeOver(disk ?? base ?? {}, base ?? {}, ours))
    const changedMeanwhile = disk !== undefined && !isDeepStrictEqual(disk, base)
    if (disk !== undefined && isDeepStrictEqual(disk, json)) return { json, stamp: undefined, changedMeanwhile }
    const stamp = yield* writeCredentialFile(path, Buffer.from(`${JSON.stringify(json, undefined, 2)}\n`))
    return { json, stamp, changedMeanwhile }
  })

const readWhole = (path: string): Effect.Effect<JsonObject | "not JSON" | undefined, CredentialFileError> =>
  readCredentialFile(path).pipe(
    Effect.map((found) =>
      found === undefined
        ? undefined
        : Result.getOrElse(readJsonObject(found.bytes.toString()), () => "not JSON" as const)
    ),
    Effect.repeat({
      while: (found) => found === "not JSON",
      schedule: Schedule.spaced(PATIENCE.everyMs).pipe(Schedule.upTo({ times: PATIENCE.times }))
    })
  )
