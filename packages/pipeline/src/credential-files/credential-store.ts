import type { AuthData, HostConfigSummary } from "@cliproxy/abi"
import { Clock, Effect, Fiber, Result, type Scope, Semaphore } from "effect"
import { join } from "node:path"

import type { PluginHost } from "../plugin-host/plugin-host.ts"
import { AUTH_DEADLINES, type AuthDeadlines, collectAuthPlugins } from "./auth-plugins.ts"
import {
  CredentialFileError,
  listDirectory,
  makeDirectory,
  readCredentialFile,
  removeCredentialFile,
  removeLeftovers,
  writeCredentialFile
} from "./credential-directory.ts"
import type { JsonObject } from "./json-object.ts"
import { mergeIntoFile } from "./merge-into-file.ts"
import { parseCredentials } from "./parse-credentials.ts"
import { readCredential } from "./read-credential.ts"
import { watchCredentials } from "./watch-credentials.ts"
import { keepRenewedState, makeStatesSweep } from "./renewed-states.ts"
import { makeRequestCounts, type RequestCounts } from "./request-counts.ts"
import {
  carryOver,
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

/** Files that are read at the same time. */
const CONCURRENT_FILES = 8

interface LoadedFile {
  /** Undefined when it cannot be used; it is read again when it has changed. */
  readonly file: CredentialFile | undefined
  /** What the file was like when it was read. */
  readonly stamp: string
  readonly credentials: ReadonlyArray<StoredCredential>
}

const NOTHING_READ = { file: undefined, credentials: [] }

const cannotBeRead = (why: string): string =>
  `the credential directory cannot be read: ${why}. The credentials that were read of it before stay in use`

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
    const scope = yield* Effect.scope
    // Never held during a call of a plugin by anything that such a call may ask for: plugins may save while they parse.
    const scans = yield* Semaphore.make(1)
    const writes = yield* Semaphore.make(1)
    const listeners = new Set<() => void>()
    const requests = makeRequestCounts()
    const sweep = makeStatesSweep()
    /** By name. */
    let files = new Map<string, LoadedFile>()
    let credentials: ReadonlyArray<StoredCredential> = []
    let byId: ReadonlyMap<string, StoredCredential> = new Map()
    let source = NO_SOURCE
    let watching: Fiber.Fiber<never> | undefined
    /** Why the directory could not be read last. */
    let unreadable: string | undefined

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

    /** Reads the directory once. `again`: a file was written meanwhile, and what was read of it is old. */
    const scanOnce = (all: boolean): Effect.Effect<"same" | "changed" | "again"> =>
      Effect.gen(function* () {
        const { dir, host } = source
        const before = new Map(files)
        const listed =
          dir === undefined
            ? []
            : yield* listDirectory(dir).pipe(
                Effect.catch(({ message }) => {
                  const told = unreadable === message
                  unreadable = message
                  return Effect.as(told ? Effect.void : Effect.logWarning(cannotBeRead(message)), undefined)
                })
              )
        if (listed === undefined) return "same"
        unreadable = undefined
        const wanted = listed.filter(({ name, stamp }) => all || files.get(name)?.stamp !== stamp)
        const names = new Set(listed.map(({ name }) => name))
        const gone = [...files.keys()].filter((name) => !names.has(name))
        if (wanted.length === 0 && gone.length === 0) return "same"

        const owners = yield* collectAuthPlugins(plugins, deadlines.identifyMs)
        const parse = { plugins, owners, host, deadlineMs: deadlines.parseMs }
        const found = yield* Effect.forEach(
          wanted,
          Effect.fnUntraced(function* ({ name, stamp }) {
            const content = dir === undefined ? undefined : yield* readCredential(dir, name)
            // Somebody may be writing it just now: what it said before holds until it can be read again.
            if (content === undefined) return { name, loaded: { ...(before.get(name) ?? NOTHING_READ), stamp } }
            const { bytes, file } = content
            return { name, loaded: { file, stamp, credentials: yield* parseCredentials(file, bytes, parse) } }
          }),
          { concurrency: CONCURRENT_FILES }
        )
        const next = new Map(files)
        for (const name of gone) next.delete(name)
        const current = found.filter(({ name }) => files.get(name) === before.get(name))
        for (const { loaded, name } of current) next.set(name, loaded)
        files = next
        publish()
        return current.length < found.length ? "again" : "changed"
      })

    /**
     * Brings the files up to date with the directory: all of them, or those that have changed. Tells listeners when
     * there was anything to do, if they are to be told.
     */
    const scan = (all: boolean, tell: boolean): Effect.Effect<void> =>
      scans
        .withPermits(1)(
          Effect.gen(function* () {
            let outcome = yield* scanOnce(all)
            const changed = outcome !== "same"
            while (outcome === "again") outcome = yield* scanOnce(false)
            return changed
          })
        )
        .pipe(Effect.flatMap((changed) => (changed && tell ? announce : Effect.void)))

    const directory = Effect.suspend(() =>
      source.dir === undefined
        ? Effect.fail(new CredentialFileError({ message: "auth directory is unavailable" }))
        : Effect.succeed(source.dir)
    )

    const replaceOne = (id: string, change: (one: StoredCredential) => StoredCredential): void => {
      const known = byId.get(id)
      const loaded = known === undefined ? undefined : files.get(known.fileName)
      if (known === undefined || loaded === undefined) return
      const next = change(known)
      files.set(known.fileName, {
        ...loaded,
        credentials: loaded.credentials.map((one) => (one.id === id ? next : one))
      })
      use(credentials.map((one) => (one.id === id ? next : one)))
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
      const stored = next.virtual
        ? writes.withPermits(1)(keepRenewedState(join(dir, next.fileName), next))
        : store(dir, next)
      // A state that could not be stored is in use all the same.
      yield* Effect.ensuring(stored, quiet === true ? Effect.void : announce)
    })

    /** Writes a credential to its file, and remembers that it was us who changed it. */
    const store = Effect.fnUntraced(
      function* (dir: string, credential: StoredCredential) {
        const { fileName } = credential
        const path = join(dir, fileName)
        const merged = yield* mergeIntoFile(path, files.get(fileName)?.file?.json, storedJson(credential))
        const loaded = files.get(fileName)
        if (loaded?.file === undefined) return
        const { changedMeanwhile, json } = merged
        // What somebody else has changed was not read yet: without a stamp the next scan does.
        const stamp = changedMeanwhile ? "" : (merged.stamp ?? loaded.stamp)
        files.set(fileName, { ...loaded, stamp, file: { ...loaded.file, json } })
        if (changedMeanwhile) yield* Effect.forkDetach(scan(false, true))
      },
      (self) => writes.withPermits(1)(self)
    )

    const write: CredentialStore["write"] = Effect.fnUntraced(function* (name, bytes) {
      const dir = yield* directory
      const path = join(dir, name)
      yield* writes.withPermits(1)(
        Effect.gen(function* () {
          yield* writeCredentialFile(path, bytes)
          const content = yield* readCredential(dir, name)
          if (content === undefined) return
          const now = new Date(yield* Clock.currentTimeMillis)
          const one = { ...credentialOfFile(content.file), updatedAt: now }
          // Without a stamp the next scan reads it again: plugins had no say yet.
          files.set(name, { file: content.file, stamp: "", credentials: [one] })
          publish()
        })
      )
      yield* announce
      yield* Effect.forkDetach(scan(false, true))
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
          yield* mergeIntoFile(path, undefined, json)
          undo.unshift(before === undefined ? removeCredentialFile(path) : writeCredentialFile(path, before.bytes))
        }),
        { discard: true }
      )
      yield* writeEach.pipe(
        Effect.tapError(() => Effect.forEach(undo, (step) => Effect.ignore(step), { discard: true })),
        Effect.uninterruptible,
        writes.withPermits(1)
      )
      yield* scan(false, true)
    })

    /** A process that was killed while it wrote has left its temporary file. */
    const tidy = (dir: string): Effect.Effect<void> =>
      removeLeftovers(dir).pipe(
        Effect.flatMap((count) =>
          count === 0 ? Effect.void : Effect.logInfo(`removed ${count} half-written files of earlier runs from ${dir}`)
        ),
        // There may be no directory yet. What is wrong with one that is there is told when it is read.
        Effect.ignore,
        writes.withPermits(1)
      )

    return {
      load: Effect.fnUntraced(function* (next) {
        const moved = next.dir !== source.dir
        if (moved) files = new Map()
        source = next
        publish()
        if (watching !== undefined) yield* Fiber.interrupt(watching)
        watching = undefined
        if (next.dir !== undefined) {
          if (moved) yield* tidy(next.dir)
          // What is wrong with it is told when it is read.
          yield* Effect.ignore(makeDirectory(next.dir))
        }
        yield* scan(true, false)
        if (next.dir === undefined) return
        const look = Effect.andThen(scan(false, true), writes.withPermits(1)(sweep(next.dir)))
        watching = yield* Effect.forkIn(Effect.scoped(watchCredentials(next.dir, look)), scope)
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
