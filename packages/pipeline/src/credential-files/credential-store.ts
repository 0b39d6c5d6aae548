import type { AuthData, HostConfigSummary } from "@cliproxy/abi"
import { Clock, Effect, Fiber, Result, type Scope, Semaphore } from "effect"
import { join } from "node:path"

import type { PluginHost } from "../plugin-host/plugin-host.ts"
import { makeAnnouncements } from "./announcements.ts"
import { AUTH_DEADLINES, type AuthDeadlines, collectAuthPlugins } from "./auth-plugins.ts"
import {
  CredentialFileError,
  findFiles,
  listDirectory,
  makeDirectory,
  readCredentialFile,
  removeCredentialFile,
  removeLeftovers,
  writeCredentialFile
} from "./credential-directory.ts"
import type { JsonObject } from "../canonical/json.ts"
import { makeLoadedFiles } from "./loaded-files.ts"
import { mergeIntoFile } from "./merge-into-file.ts"
import { parseCredentials } from "./parse-credentials.ts"
import { readCredential } from "./read-credential.ts"
import { watchCredentials } from "./watch-credentials.ts"
import { keepRenewedState, makeStatesSweep } from "./renewed-states.ts"
import { makeRequestCounts, type RequestCounts } from "./request-counts.ts"
import {
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
  /**
   * Calls `listener` after changes, not for those of `load`; changes in quick succession are told together, if listening
   * takes long. Gives a function that ends that.
   */
  readonly onChange: (listener: () => void) => () => void
  /** Reads the file of a credential again, if somebody else has written it, and gives the credential as it is now. */
  readonly reread: (id: string) => Effect.Effect<StoredCredential | undefined>
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
  /** Does something with a file of the directory while nobody else writes there, and then reads what became of it. */
  readonly withFile: <A, E>(
    name: string,
    work: (path: string) => Effect.Effect<A, E>
  ) => Effect.Effect<A, E | CredentialFileError>
  /** What the credentials have served. */
  readonly requests: RequestCounts
}

/** Files that are read at the same time. */
const CONCURRENT_FILES = 8

/** Names of files to look at; undefined for all that there are. */
type Which = Iterable<string> | undefined

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
    const { announce, onChange } = yield* makeAnnouncements
    const requests = makeRequestCounts()
    const sweep = makeStatesSweep()
    const files = makeLoadedFiles()
    let source = NO_SOURCE
    let watching: Fiber.Fiber<never> | undefined
    /** Why the directory could not be read last. */
    let unreadable: string | undefined

    /** Takes over the files, and what was known of credentials that stay. */
    const publish = (): void => requests.retain(files.publish())

    /** Reads files once. `again`: one was written meanwhile, and what was read of it is old. */
    const scanOnce = (which: Which, all: boolean): Effect.Effect<"same" | "changed" | "again"> =>
      Effect.gen(function* () {
        const { dir, host } = source
        const before = files.snapshot()
        const listed =
          dir === undefined
            ? []
            : yield* (which === undefined ? listDirectory(dir) : findFiles(dir, which)).pipe(
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
        const gone = [...(which ?? before.keys())].filter((name) => before.has(name) && !names.has(name))
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
        for (const name of gone) files.remove(name)
        const current = found.filter(({ name }) => files.get(name) === before.get(name))
        for (const { loaded, name } of current) files.set(name, loaded)
        publish()
        return current.length < found.length ? "again" : "changed"
      })

    /**
     * Brings files up to date with the directory: those that have changed, or, with `all`, every one. Tells listeners
     * when there was anything to do, if they are to be told.
     */
    const scan = (which: Which, { all = false, tell = true } = {}): Effect.Effect<void> =>
      scans
        .withPermits(1)(
          Effect.gen(function* () {
            let outcome = yield* scanOnce(which, all)
            const changed = outcome !== "same"
            while (outcome === "again") outcome = yield* scanOnce(which, false)
            return changed
          })
        )
        .pipe(Effect.flatMap((changed) => (changed && tell ? announce : Effect.void)))

    const directory = Effect.suspend(() =>
      source.dir === undefined
        ? Effect.fail(new CredentialFileError({ message: "auth directory is unavailable" }))
        : Effect.succeed(source.dir)
    )

    const update: CredentialStore["update"] = Effect.fnUntraced(function* (id, auth, { maps, quiet }) {
      const storage = readStorage(auth)
      if (Result.isFailure(storage)) return yield* new CredentialFileError({ message: storage.failure })
      const now = new Date(yield* Clock.currentTimeMillis)
      const dir = yield* directory
      const credential = files.find(id)
      if (credential === undefined) return
      const next = updated(credential, { auth, storage: storage.success, maps }, now)
      files.replace(id, () => next)
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
        if (changedMeanwhile) yield* Effect.forkDetach(scan([fileName]))
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
      yield* Effect.forkDetach(scan([name]))
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
      yield* scan(wanted.map(({ name }) => name))
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
        if (moved) files.clear()
        source = next
        publish()
        if (watching !== undefined) yield* Fiber.interrupt(watching)
        watching = undefined
        if (next.dir !== undefined) {
          if (moved) yield* tidy(next.dir)
          // What is wrong with it is told when it is read.
          yield* Effect.ignore(makeDirectory(next.dir))
        }
        yield* scan(undefined, { all: true, tell: false })
        if (next.dir === undefined) return
        const { dir } = next
        const look = (which: Which): Effect.Effect<void> =>
          which === undefined ? Effect.andThen(scan(which), writes.withPermits(1)(sweep(dir))) : scan(which)
        watching = yield* Effect.forkIn(Effect.scoped(watchCredentials(dir, look)), scope)
      }),
      source: () => source,
      credentials: files.credentials,
      find: files.find,
      onChange,
      reread: (id) =>
        Effect.suspend(() => {
          const known = files.find(id)
          if (known === undefined) return Effect.undefined
          // What is kept beside a file changes without it.
          return Effect.map(scan([known.fileName], { all: known.virtual }), () => files.find(id))
        }),
      update,
      note: (id, state) => files.replace(id, (one) => ({ ...one, ...state })),
      write,
      writeAll,
      withFile: (name, work) =>
        Effect.flatMap(directory, (dir) => work(join(dir, name))).pipe(
          writes.withPermits(1),
          Effect.tap(() => scan([name]))
        ),
      requests
    }
  })
