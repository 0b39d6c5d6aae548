import type { AuthData, HostConfigSummary } from "@cliproxy/abi"
import { Clock, Effect, Result, type Scope, Semaphore } from "effect"
import { watch } from "node:fs"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"

import type { PluginHost } from "../plugin-host/plugin-host.ts"
import { AUTH_DEADLINES, type AuthDeadlines, collectAuthPlugins } from "./auth-plugins.ts"
import {
  CredentialFileError,
  listDirectory,
  readCredentialFile,
  removeCredentialFile,
  stampOf,
  writeCredentialFile
} from "./credential-directory.ts"
import { readFileSettings, withoutDashes } from "./file-settings.ts"
import { type JsonObject, mergeOver, readJsonObject } from "./json-object.ts"
import { parseCredentials } from "./parse-credentials.ts"
import { makeRequestCounts, type RequestCounts } from "./request-counts.ts"
import {
  type CredentialFile,
  credentialOfFile,
  type CredentialUpdate,
  readStorage,
  type StoredCredential,
  storedJson,
  updated
} from "./stored-credential.ts"

/** Where credential files are, and what plugins that read them may know of the host. */
export interface CredentialSource {
  /** Absolute path of the directory; undefined for none. */
  readonly dir: string | undefined
  readonly host: HostConfigSummary
}

/** The credentials of a directory of JSON files. */
export interface CredentialStore {
  /** Reads the whole directory, and watches it from now on. To be run after each configuration pass. */
  readonly load: (source: CredentialSource) => Effect.Effect<void>
  /** What was loaded last. */
  readonly source: () => CredentialSource
  /** All credentials, by the names of their files. Replaced as a whole, never changed in place. */
  readonly credentials: () => ReadonlyArray<StoredCredential>
  readonly find: (id: string) => StoredCredential | undefined
  /** Calls `listener` after every change, not for the changes of `load`. Gives a function that ends that. */
  readonly onChange: (listener: () => void) => () => void
  /**
   * Gives a credential a new state and writes it to its file. Does nothing for one that is gone. `quiet` is for those
   * who look after the change themselves: listeners are not called.
   */
  readonly update: (
    id: string,
    auth: AuthData,
    how: { readonly maps: CredentialUpdate["maps"]; readonly quiet?: true }
  ) => Effect.Effect<void, CredentialFileError>
  /** Changes what is remembered of a credential but not stored. */
  readonly note: (
    id: string,
    state: Partial<Pick<StoredCredential, "lastRefresh" | "nextRefreshAfter" | "refreshError" | "unauthorized">>
  ) => void
  /** Writes the bytes of a JSON object to a file of the directory as they are. Gives the file's absolute path. */
  readonly write: (name: string, bytes: Uint8Array) => Effect.Effect<string, CredentialFileError>
  /** Writes several files, or none: what was written before one failed is undone. */
  readonly writeAll: (
    files: ReadonlyArray<{ readonly name: string; readonly json: JsonObject }>
  ) => Effect.Effect<void, CredentialFileError>
  /** What the credentials have served. */
  readonly requests: RequestCounts
}

/** Milliseconds for which changes of files are collected before the directory is read. */
const SETTLE_MS = 100

/** Files that are read at the same time. */
const CONCURRENT_FILES = 8

interface LoadedFile {
  /** Undefined when it cannot be used; it is read again when it has changed. */
  readonly file: CredentialFile | undefined
  stamp: string
  credentials: ReadonlyArray<StoredCredential>
}

const NO_SOURCE: CredentialSource = {
  dir: undefined,
  host: { AuthDir: "", ProxyURL: "", ForceModelPrefix: false, OAuthModelAlias: {}, ExcludedModels: {} }
}

/** Makes an empty store. It watches its directory until the scope closes. */
export const makeCredentialStore = (
  plugins: Pick<PluginHost, "active" | "fuse">,
  deadlines: AuthDeadlines = AUTH_DEADLINES
): Effect.Effect<CredentialStore, never, Scope.Scope> =>
  Effect.gen(function* () {
    const fork = Effect.runForkWith(yield* Effect.context())
    // Never held during a call of a plugin by anything that such a call may ask for: plugins may save while they parse.
    const scans = yield* Semaphore.make(1)
    const writes = yield* Semaphore.make(1)
    const listeners = new Set<() => void>()
    const requests = makeRequestCounts()
    /** By name. */
    let files = new Map<string, LoadedFile>()
    let credentials: ReadonlyArray<StoredCredential> = []
    let byId: ReadonlyMap<string, StoredCredential> = new Map()
    let source = NO_SOURCE
    let stopWatching: (() => void) | undefined

    const use = (next: ReadonlyArray<StoredCredential>): void => {
      credentials = next
      byId = new Map(next.map((one) => [one.id, one]))
    }

    /** Takes over the files, and what was known of credentials that stay. */
    const publish = (): void => {
      const next = new Map<string, StoredCredential>()
      for (const [, loaded] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        for (const one of loaded.credentials) if (!next.has(one.id)) next.set(one.id, carryOver(byId.get(one.id), one))
      }
      use([...next.values()])
      requests.retain(new Set(next.keys()))
    }

    const announce = Effect.sync(() => {
      for (const listener of listeners) listener()
    })

    /** Reads a file; undefined, with a line in the log, when there is no credential in it. */
    const read = Effect.fnUntraced(function* (dir: string, name: string) {
      const path = join(dir, name)
      const found = yield* readCredentialFile(path).pipe(Effect.catch((error) => Effect.succeed(error.message)))
      if (found === undefined) return undefined
      const file = typeof found === "string" ? Result.fail(found) : credentialFile(name, path, found)
      if (Result.isSuccess(file)) return file.success
      yield* Effect.logWarning(`the credential file ${name} cannot be used: ${file.failure}`)
      return undefined
    })

    /** Brings the files up to date with the directory: all of them, or those that have changed. */
    const scan = (all: boolean): Effect.Effect<boolean> =>
      scans.withPermits(1)(
        Effect.gen(function* () {
          const { dir, host } = source
          const before = new Map(files)
          const listed =
            dir === undefined
              ? []
              : yield* listDirectory(dir).pipe(
                  Effect.catch((error) =>
                    Effect.as(Effect.logWarning(`the credential directory cannot be read: ${error.message}`), undefined)
                  )
                )
          if (listed === undefined) return false
          const wanted = listed.filter(({ name, stamp }) => all || files.get(name)?.stamp !== stamp)
          const names = new Set(listed.map(({ name }) => name))
          const gone = [...files.keys()].filter((name) => !names.has(name))
          if (wanted.length === 0 && gone.length === 0) return false

          const owners = yield* collectAuthPlugins(plugins, deadlines.identifyMs)
          const parse = { plugins, owners, host, deadlineMs: deadlines.parseMs }
          const found = yield* Effect.forEach(
            wanted,
            Effect.fnUntraced(function* ({ name, stamp }) {
              const content = dir === undefined ? undefined : yield* read(dir, name)
              if (content === undefined) return { name, loaded: { file: undefined, stamp, credentials: [] } }
              const { bytes, file } = content
              return { name, loaded: { file, stamp, credentials: yield* parseCredentials(file, bytes, parse) } }
            }),
            { concurrency: CONCURRENT_FILES }
          )
          const next = new Map(files)
          for (const name of gone) next.delete(name)
          for (const { loaded, name } of found) {
            // Written meanwhile: what was read is old, and the next scan reads the file again.
            if (next.get(name) !== before.get(name)) continue
            next.set(name, loaded)
          }
          files = next
          publish()
          return true
        })
      )

    const watchDirectory = (dir: string | undefined): void => {
      stopWatching?.()
      stopWatching = undefined
      if (dir === undefined) return
      let timer: ReturnType<typeof setTimeout> | undefined
      const settle = (): void => {
        clearTimeout(timer)
        timer = setTimeout(() => {
          fork(Effect.flatMap(scan(false), (changed) => (changed ? announce : Effect.void)))
        }, SETTLE_MS)
        timer.unref()
      }
      try {
        const watcher = watch(dir, { persistent: false }, (_, name) => {
          if (name === null || name.toLowerCase().endsWith(".json")) settle()
        })
        watcher.on("error", () => {
          fork(Effect.logWarning(`the credential directory ${dir} is no longer watched`))
        })
        stopWatching = () => {
          clearTimeout(timer)
          watcher.close()
        }
      } catch {
        fork(Effect.logWarning(`the credential directory ${dir} cannot be watched`))
      }
    }

    /** Writes a file and remembers that it was us. */
    const put = Effect.fnUntraced(function* (path: string, name: string, bytes: Uint8Array) {
      yield* writeCredentialFile(path, bytes)
      const stamp = yield* Effect.promise(() => stampOf(path))
      const loaded = files.get(name)
      if (loaded !== undefined && stamp !== undefined) loaded.stamp = stamp
    })

    /** Writes an object over a file: what others changed in it meanwhile stays, and an equal file is left alone. */
    const merge = Effect.fnUntraced(function* (dir: string, name: string, base: JsonObject, ours: JsonObject) {
      const path = join(dir, name)
      const found = yield* readCredentialFile(path)
      const disk = found === undefined ? undefined : Result.getOrUndefined(readJsonObject(found.bytes.toString()))
      const json = withoutDashes(mergeOver(disk ?? {}, base, ours))
      if (disk !== undefined && isDeepStrictEqual(disk, json)) return json
      yield* put(path, name, Buffer.from(`${JSON.stringify(json, undefined, 2)}\n`))
      return json
    })

    const directory = Effect.suspend(() =>
      source.dir === undefined
        ? Effect.fail(new CredentialFileError({ message: "auth directory is unavailable" }))
        : Effect.succeed(source.dir)
    )

    const replaceOne = (id: string, change: (one: StoredCredential) => StoredCredential): void => {
      for (const loaded of files.values()) {
        loaded.credentials = loaded.credentials.map((one) => (one.id === id ? change(one) : one))
      }
      use(credentials.map((one) => (one.id === id ? change(one) : one)))
    }

    const update: CredentialStore["update"] = Effect.fnUntraced(function* (id, auth, { maps, quiet }) {
      const storage = readStorage(auth)
      if (Result.isFailure(storage)) return yield* new CredentialFileError({ message: storage.failure })
      const now = new Date(yield* Clock.currentTimeMillis)
      const dir = yield* directory
      const credential = byId.get(id)
      if (credential === undefined) return
      const next = updated(credential, { auth, storage: storage.success, maps }, now)
      replaceOne(id, () => next)
      if (next.virtual) {
        yield* Effect.logWarning(`credential ${id} is one of several in ${next.fileName}: its new state is not stored`)
      } else {
        yield* writes.withPermits(1)(
          Effect.suspend(() =>
            merge(dir, next.fileName, files.get(next.fileName)?.file?.json ?? {}, storedJson(next))
          ).pipe(
            Effect.tap((json) =>
              Effect.sync(() => {
                const loaded = files.get(next.fileName)
                if (loaded?.file !== undefined) files.set(next.fileName, { ...loaded, file: { ...loaded.file, json } })
              })
            )
          )
        )
      }
      if (quiet !== true) yield* announce
    })

    const write: CredentialStore["write"] = Effect.fnUntraced(function* (name, bytes) {
      const dir = yield* directory
      const path = join(dir, name)
      yield* writes.withPermits(1)(
        Effect.gen(function* () {
          yield* put(path, name, bytes)
          const content = yield* read(dir, name)
          const stamp = yield* Effect.promise(() => stampOf(path))
          if (content === undefined || stamp === undefined) return
          const now = new Date(yield* Clock.currentTimeMillis)
          const one = { ...credentialOfFile(content.file), updatedAt: now }
          files.set(name, { file: content.file, stamp, credentials: [one] })
          publish()
        })
      )
      yield* announce
      // Plugins had no say yet.
      const loaded = files.get(name)
      if (loaded !== undefined) loaded.stamp = ""
      yield* Effect.forkDetach(Effect.flatMap(scan(false), (changed) => (changed ? announce : Effect.void)))
      return path
    })

    const writeAll: CredentialStore["writeAll"] = Effect.fnUntraced(function* (wanted) {
      const dir = yield* directory
      const undo: Array<Effect.Effect<void, CredentialFileError>> = []
      const writeEach = Effect.forEach(
        wanted,
        Effect.fnUntraced(function* ({ json, name }) {
          const path = join(dir, name)
          const before = yield* readCredentialFile(path)
          yield* merge(dir, name, {}, json)
          undo.unshift(before === undefined ? removeCredentialFile(path) : writeCredentialFile(path, before.bytes))
        }),
        { discard: true }
      )
      yield* writeEach.pipe(
        Effect.tapError(() => Effect.forEach(undo, (step) => Effect.ignore(step), { discard: true })),
        Effect.uninterruptible,
        writes.withPermits(1)
      )
      if (yield* scan(false)) yield* announce
    })

    yield* Effect.addFinalizer(() => Effect.sync(() => stopWatching?.()))
    return {
      load: Effect.fnUntraced(function* (next) {
        if (next.dir !== source.dir) files = new Map()
        source = next
        publish()
        yield* scan(true)
        watchDirectory(next.dir)
        // What changed before the watch began.
        yield* scan(false)
      }),
      source: () => source,
      credentials: () => credentials,
      find: (id) => byId.get(id),
      onChange: (listener) => {
        listeners.add(listener)
        return () => {
          listeners.delete(listener)
        }
      },
      update,
      note: (id, state) => replaceOne(id, (one) => ({ ...one, ...state })),
      write,
      writeAll,
      requests
    }
  })

const credentialFile = (
  name: string,
  path: string,
  { bytes, modifiedAt }: { readonly bytes: Buffer; readonly modifiedAt: Date }
): Result.Result<{ readonly file: CredentialFile; readonly bytes: Buffer }, string> =>
  Result.flatMap(Result.map(readJsonObject(bytes.toString()), withoutDashes), (json) =>
    Result.map(
      Result.mapError(readFileSettings(json), (why) => `its weight is not valid: ${why}`),
      (settings) => ({ bytes, file: { name, path, json, settings, modifiedAt } })
    )
  )

/** A credential that was there before keeps the time since when it is there, and what is remembered of it. */
const carryOver = (before: StoredCredential | undefined, now: StoredCredential): StoredCredential => {
  if (before === undefined || before.provider !== now.provider) return now
  const same = isDeepStrictEqual(storedJson(before), storedJson(now))
  return {
    ...now,
    createdAt: before.createdAt,
    lastRefresh: before.lastRefresh,
    nextRefreshAfter: now.nextRefreshAfter ?? before.nextRefreshAfter,
    refreshError: same ? before.refreshError : "",
    unauthorized: same && before.unauthorized
  }
}
