import { Effect, Result } from "effect"
import { join } from "node:path"

import { readCredentialFile } from "./credential-directory.ts"
import { readFileSettings, withoutDashes } from "./file-settings.ts"
import { readJsonObject } from "./json-object.ts"
import type { CredentialFile } from "./stored-credential.ts"

/** A credential file, and its bytes as they are. */
export interface ReadCredential {
  readonly file: CredentialFile
  readonly bytes: Buffer
}

/** Reads a file of the directory; undefined, with a line in the log, when it cannot be used. */
export const readCredential = Effect.fnUntraced(function* (
  dir: string,
  name: string
): Effect.fn.Return<ReadCredential | undefined> {
  const path = join(dir, name)
  const found = yield* readCredentialFile(path).pipe(Effect.catch((error) => Effect.succeed(error.message)))
  if (found === undefined) return undefined
  const read = typeof found === "string" ? Result.fail(found) : credentialOfBytes(name, path, found)
  if (Result.isSuccess(read)) return read.success
  yield* Effect.logWarning(`the credential file ${name} cannot be used: ${read.failure}`)
  return undefined
})

const credentialOfBytes = (
  name: string,
  path: string,
  { bytes, modifiedAt }: { readonly bytes: Buffer; readonly modifiedAt: Date }
): Result.Result<ReadCredential, string> =>
  Result.flatMap(Result.map(readJsonObject(bytes.toString()), withoutDashes), (json) =>
    Result.map(
      Result.mapError(readFileSettings(json), (why) => `its weight is not valid: ${why}`),
      (settings) => ({ bytes, file: { name, path, json, settings, modifiedAt } })
    )
  )
