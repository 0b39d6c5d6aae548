import { authFileName, type HostAuthFileEntry } from "@cliproxy/abi"
import { compareByteOrder } from "@cliproxy/scheduler"
import { Effect, Result, Schema } from "effect"
import { isUtf8 } from "node:buffer"
import { basename, join } from "node:path"

import { patchFields } from "../wire/patch-fields.ts"
import {
  type CredentialFileError,
  MAX_FILE_BYTES,
  readCredentialFile,
  removeCredentialFile,
  writeCredentialFile
} from "./credential-directory.ts"
import { credentialEntries } from "./credential-entries.ts"
import type { CredentialRest } from "./credential-rest.ts"
import type { CredentialStore } from "./credential-store.ts"
import { readFileSettings, withoutDashes } from "./file-settings.ts"
import type { JsonObject } from "../canonical/json.ts"
import { readJsonObject, withoutByteOrderMark } from "./json-object.ts"

/** A credential file is none, or would be none: its name, or what is in it. The message shows nothing of the file. */
export class CredentialFileRefused extends Schema.TaggedError<CredentialFileRefused>()("CredentialFileRefused", {
  message: Schema.String
}) {}

/** The directory has no file of this name. */
export class CredentialFileNotFound extends Schema.TaggedError<CredentialFileNotFound>()("CredentialFileNotFound", {
  name: Schema.String
}) {
  override get message() {
    return `there is no credential file ${this.name}`
  }
}

/** The configuration names no directory for credentials. */
export class NoCredentialDirectory extends Schema.TaggedError<NoCredentialDirectory>()("NoCredentialDirectory", {}) {
  override get message() {
    return "the configuration has no auth-dir"
  }
}

/** Why something was not done with a credential file. Nothing was changed then. */
export type CredentialFileFailure =
  | CredentialFileRefused
  | CredentialFileNotFound
  | NoCredentialDirectory
  | CredentialFileError

/** A model that a credential serves. */
export interface ServedModel {
  /** Name that clients use. */
  readonly id: string
  /** Provider key of the credential. */
  readonly provider: string
}

/** A model and the IDs of those who serve it. */
interface ModelRoute {
  readonly model: string
  readonly targets: ReadonlyMap<string, unknown>
}

/**
 * What operators do with credential files. Names are those of files at the top of the directory, and end in `.json`;
 * nothing else can be reached. Changes are in use when the effect ends: plugins have parsed the file.
 */
export interface CredentialFiles {
  /** What is known of each credential; nothing secret. One file may hold several. */
  readonly list: Effect.Effect<ReadonlyArray<HostAuthFileEntry>>
  /** Models that clients can call with the credentials of a file, or of this ID, by the clients' names, sorted. */
  readonly models: (name: string) => Effect.Effect<ReadonlyArray<ServedModel>, CredentialFileNotFound>
  /** The bytes of a file, which hold its secrets. */
  readonly read: (name: string) => Effect.Effect<Uint8Array, CredentialFileFailure>
  /**
   * Writes a file, or replaces the one of this name. Gives whether a credential came of it: none does when another file
   * has the same one.
   */
  readonly save: (name: string, bytes: Uint8Array) => Effect.Effect<boolean, CredentialFileFailure>
  /** Sets keys of a file, and takes out those that are `null`; all others stay byte for byte. */
  readonly change: (name: string, fields: JsonObject) => Effect.Effect<void, CredentialFileFailure>
  readonly remove: (name: string) => Effect.Effect<void, CredentialFileFailure>
}

/** Makes what operators do with the credential files of a store. */
export const makeCredentialFiles = (
  store: CredentialStore,
  restsUntil: CredentialRest,
  routes: () => Iterable<ModelRoute>
): CredentialFiles => {
  const named = (given: string): Effect.Effect<string, CredentialFileFailure> => {
    if (store.source().dir === undefined) return new NoCredentialDirectory()
    return Effect.fromResult(authFileName(given)).pipe(
      Effect.mapError((message) => new CredentialFileRefused({ message }))
    )
  }

  const existing = Effect.fnUntraced(function* (path: string) {
    const content = yield* readCredentialFile(path)
    return content === undefined ? yield* new CredentialFileNotFound({ name: basename(path) }) : content.bytes
  })

  /** Works on one file while nobody else writes it, and says so in the log. Gives the file's name. */
  const workOn = Effect.fnUntraced(function* (
    given: string,
    done: string,
    work: (path: string) => Effect.Effect<unknown, CredentialFileFailure>
  ): Effect.fn.Return<string, CredentialFileFailure> {
    const name = yield* named(given)
    yield* store.withFile(name, work)
    yield* Effect.logInfo(`a credential file was ${done}`).pipe(Effect.annotateLogs({ file: name }))
    return name
  })

  return {
    list: credentialEntries(store, restsUntil),
    models: (name) =>
      Effect.suspend(() => {
        const owners = store.credentials().filter(({ fileName, id }) => fileName === name || id === name)
        const [owner] = owners
        if (owner === undefined) return new CredentialFileNotFound({ name })
        return Effect.succeed(
          [...routes()]
            .filter(({ targets }) => owners.some(({ id }) => targets.has(id)))
            .map(({ model }): ServedModel => ({ id: model, provider: owner.provider }))
            .toSorted((a, b) => compareByteOrder(a.id, b.id))
        )
      }),
    read: (given) => Effect.flatMap(named(given), (name) => existing(join(store.source().dir ?? "", name))),
    save: Effect.fnUntraced(function* (given, bytes) {
      const checked = yield* Effect.fromResult(checkedFile(bytes))
      const name = yield* workOn(given, "uploaded", (path) => writeCredentialFile(path, checked))
      return store.credentials().some(({ fileName }) => fileName === name)
    }),
    change: (given, fields) =>
      Effect.asVoid(
        workOn(given, "changed", (path) =>
          existing(path).pipe(
            Effect.flatMap((bytes) => Effect.fromResult(changedFile(bytes, fields))),
            Effect.flatMap((changed) => writeCredentialFile(path, changed))
          )
        )
      ),
    remove: (given) =>
      Effect.asVoid(workOn(given, "removed", (path) => Effect.andThen(existing(path), removeCredentialFile(path))))
  }
}

const refused = (message: string): Result.Result<never, CredentialFileRefused> =>
  Result.fail(new CredentialFileRefused({ message }))

/** The object in a file, and its bytes without a byte order mark. */
const objectIn = (
  bytes: Uint8Array
): Result.Result<{ readonly json: JsonObject; readonly plain: Buffer }, CredentialFileRefused> => {
  if (bytes.length > MAX_FILE_BYTES) return refused(`it is larger than ${MAX_FILE_BYTES} bytes`)
  if (!isUtf8(bytes)) return refused("it is not UTF-8")
  const text = withoutByteOrderMark(Buffer.from(bytes).toString())
  return Result.match(readJsonObject(text), {
    onFailure: refused,
    onSuccess: (json) => Result.succeed({ json, plain: Buffer.from(text) })
  })
}

/** What the host's settings in it must be like. */
const checkSettings = (json: JsonObject): Result.Result<unknown, CredentialFileRefused> =>
  Result.mapError(
    readFileSettings(withoutDashes(json)),
    (why) => new CredentialFileRefused({ message: `its weight is not valid: ${why}` })
  )

const checkedFile = (bytes: Uint8Array): Result.Result<Buffer, CredentialFileRefused> =>
  Result.flatMap(objectIn(bytes), ({ json, plain }) => Result.map(checkSettings(json), () => plain))

const changedFile = (bytes: Uint8Array, fields: JsonObject): Result.Result<Buffer, CredentialFileRefused> =>
  Result.flatMap(objectIn(bytes), ({ json, plain }) => checkedFile(patchFields(plain, json, withFields(json, fields))))

/** Keys in today's spelling take the place of those that were once written with dashes. */
const withFields = (json: JsonObject, fields: JsonObject): JsonObject => {
  const changes = withoutDashes(fields)
  const old = new Set(Object.keys(changes).map((key) => key.replaceAll("_", "-")))
  const entries = Object.entries({ ...json, ...changes }).filter(([key, value]) =>
    Object.hasOwn(changes, key) ? value !== null : !old.has(key)
  )
  return Object.fromEntries(entries)
}
