import { Effect, Result } from "effect"
import { join } from "node:path"

import { readCredentialFile } from "./credential-directory.ts"
import { readFileSettings, withoutDashes } from "./file-settings.ts"
import { ignoredSettings } from "./ignored-settings.ts"
import { readJsonObject, withoutByteOrderMark } from "./json-object.ts"
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
  const read =
    found === undefined
      ? Result.fail("there is no such file, or it is a link to none")
      : typeof found === "string"
        ? Result.fail(found)
        : credentialOfBytes(name, path, found)
  if (Result.isSuccess(read)) {
    const ignored = ignoredSettings(read.success.file.json)
    if (ignored.length > 0) {
      yield* Effect.logWarning(`what the credential file ${name} says is understood in part: ${ignored.join("; ")}`)
    }
    return read.success
  }
  yield* Effect.logWarning(`the credential file ${name} cannot be used: ${read.failure}`)
  return undefined
})

const credentialOfBytes = (
  name: string,
  path: string,
  { bytes, modifiedAt }: { readonly bytes: Buffer; readonly modifiedAt: Date }
): Result.Result<ReadCredential, string> => {
  const text = bytes.toString()
  const plain = withoutByteOrderMark(text)
  return Result.flatMap(Result.map(readJsonObject(plain), withoutDashes), (json) =>
    Result.map(
      Result.mapError(readFileSettings(json), (why) => `its weight is not valid: ${why}`),
      (settings) => ({
        bytes: plain === text ? bytes : Buffer.from(plain),
        file: { name, path, json, settings, modifiedAt }
      })
    )
  )
}
