import { Clock, Effect, Result } from "effect"
import { join } from "node:path"

import {
  type CredentialFileError,
  directoryNames,
  readCredentialFile,
  removeCredentialFile,
  writeCredentialFile
} from "./credential-directory.ts"
import type { JsonObject } from "../canonical/json.ts"
import { isObject } from "../codecs/json-fields.ts"
import { readJsonObject } from "./json-object.ts"
import { withLockFile } from "./lock-file.ts"
import type { StoredCredential } from "./stored-credential.ts"

const SUFFIX = ".renewed"

/**
 * How a file is called that holds the renewed states of the credentials of another one. Only its plugin knows how
 * several credentials stand in one file, so the file itself is left as it is.
 */
export const statesPath = (path: string): string => `${path}${SUFFIX}`

/** A state that one of several credentials of a file has got since the file was written. */
interface RenewedState {
  /** `StoredCredential.record` at that time: a credential that is written anew in the file has no use for the state. */
  readonly record: string
  readonly storage: JsonObject
  readonly metadata: JsonObject
  /** Milliseconds since the epoch. */
  readonly nextRefreshAfter: number | null
}

/** The credentials of a file in the states that were kept of them. */
export const withRenewedStates = Effect.fnUntraced(function* (
  path: string,
  parsed: ReadonlyArray<StoredCredential>
): Effect.fn.Return<ReadonlyArray<StoredCredential>> {
  if (!parsed.some(({ virtual }) => virtual)) return parsed
  const states = yield* readStates(path)
  return parsed.map((credential) => {
    const state = states.get(credential.id)
    if (state?.record !== credential.record) return credential
    const { metadata, nextRefreshAfter, storage } = state
    return {
      ...credential,
      storage,
      metadata,
      nextRefreshAfter: nextRefreshAfter === null ? credential.nextRefreshAfter : new Date(nextRefreshAfter)
    }
  })
})

/** Keeps the state of a credential, beside its file. Those of others of the same file stay. */
export const keepRenewedState = Effect.fnUntraced(function* (
  path: string,
  { id, metadata, nextRefreshAfter, record, storage }: StoredCredential
): Effect.fn.Return<void, CredentialFileError> {
  const state: RenewedState = {
    record,
    storage: storage ?? {},
    metadata,
    nextRefreshAfter: nextRefreshAfter?.getTime() ?? null
  }
  const write = Effect.gen(function* () {
    const states = new Map(yield* readStates(path)).set(id, state)
    const text = JSON.stringify(Object.fromEntries(states), undefined, 2)
    yield* writeCredentialFile(statesPath(path), Buffer.from(`${text}\n`))
  })
  // Another gateway may keep the state of another credential of the same file just now.
  yield* withLockFile(statesPath(path), write)
})

/** Milliseconds that a file may be away before the states of its credentials are forgotten: it may just be replaced. */
const AWAY_MS = 5_000

/** Makes what removes the states of files that are gone. To be run now and then. */
export const makeStatesSweep = (): ((dir: string) => Effect.Effect<void>) => {
  /** Names of files of states without their file, and since when that is known in milliseconds since the epoch. */
  let orphans: ReadonlyMap<string, number> = new Map()
  return Effect.fnUntraced(
    function* (dir) {
      const names = new Set(yield* directoryNames(dir))
      const now = yield* Clock.currentTimeMillis
      const alone = [...names].filter((name) => name.endsWith(SUFFIX) && !names.has(name.slice(0, -SUFFIX.length)))
      orphans = new Map(alone.map((name) => [name, orphans.get(name) ?? now]))
      for (const [name, since] of orphans) {
        if (now - since >= AWAY_MS) yield* removeCredentialFile(join(dir, name))
      }
    },
    (self) => Effect.ignore(self)
  )
}

const readStates = Effect.fnUntraced(function* (path: string): Effect.fn.Return<ReadonlyMap<string, RenewedState>> {
  const found = yield* Effect.result(readCredentialFile(statesPath(path)))
  if (Result.isSuccess(found) && found.success === undefined) return new Map<string, RenewedState>()
  const read = Result.isFailure(found)
    ? Result.fail(found.failure.message)
    : readJsonObject(String(found.success?.bytes ?? ""))
  if (Result.isFailure(read)) {
    yield* Effect.logWarning(`the renewed credentials in ${statesPath(path)} cannot be used: ${read.failure}`)
    return new Map<string, RenewedState>()
  }
  return new Map(
    Object.entries(read.success).flatMap(([id, value]) => {
      const state = stateOf(value)
      return state === undefined ? [] : [[id, state] as const]
    })
  )
})

const stateOf = (value: unknown): RenewedState | undefined => {
  if (!isObject(value)) return undefined
  const { metadata, nextRefreshAfter, record, storage } = value
  return typeof record === "string" && isObject(storage) && isObject(metadata)
    ? { record, storage, metadata, nextRefreshAfter: typeof nextRefreshAfter === "number" ? nextRefreshAfter : null }
    : undefined
}
