import { Effect, Schema } from "effect"
import { type Stats, watch } from "node:fs"
import { lstat, mkdir, readdir, readFile, realpath, rename, rm, stat } from "node:fs/promises"
import { join } from "node:path"

import { removeDeadLocks } from "./lock-file.ts"
import { removeTemporaryFiles, replaceFile } from "./replace-file.ts"

/** The credential directory, or a file in it, could not be read or written. */
export class CredentialFileError extends Schema.TaggedError<CredentialFileError>()("CredentialFileError", {
  message: Schema.String
}) {}

/** A file of the directory: its name, and what tells a changed one from an unchanged one. */
export interface DirectoryEntry {
  readonly name: string
  readonly stamp: string
}

/** Milliseconds without a change after which those before are told. */
const SETTLE_MS = 100

/** Milliseconds after which changes are told although there is no end of them. */
const SETTLE_AT_MOST_MS = 1_000

/** Largest credential file that is read, in bytes. */
export const MAX_FILE_BYTES = 1024 * 1024

/** Makes the directory, for its owner only, if there is none. */
export const makeDirectory = (dir: string): Effect.Effect<void, CredentialFileError> =>
  Effect.asVoid(attempt(() => mkdir(dir, { recursive: true, mode: 0o700 })))

/** What tells the directory from another one at the same place; undefined when there is none. */
export const directoryIdentity = (dir: string): Effect.Effect<string | undefined> =>
  Effect.promise(async () => {
    try {
      const { dev, ino } = await stat(dir)
      return `${dev} ${ino}`
    } catch {
      return undefined
    }
  })

/** The names of everything at the top of the directory. */
export const directoryNames = (dir: string): Effect.Effect<ReadonlyArray<string>, CredentialFileError> =>
  attempt(() => readdir(dir))

/** The JSON files at the top of the directory, sorted by name. */
export const listDirectory = (dir: string): Effect.Effect<ReadonlyArray<DirectoryEntry>, CredentialFileError> =>
  attempt(async () => entriesOf(dir, (await readdir(dir)).filter(isCredentialName)))

/** Those of these JSON files that are there. Fails when the directory is not. */
export const findFiles = (
  dir: string,
  names: Iterable<string>
): Effect.Effect<ReadonlyArray<DirectoryEntry>, CredentialFileError> =>
  attempt(async () => {
    await stat(dir)
    return entriesOf(dir, [...names].filter(isCredentialName))
  })

const isCredentialName = (name: string): boolean => name.toLowerCase().endsWith(".json")

const entriesOf = async (dir: string, names: ReadonlyArray<string>): Promise<ReadonlyArray<DirectoryEntry>> => {
  const entries = await Promise.all(
    names.toSorted().map(async (name) => {
      const stamp = await stampOf(join(dir, name))
      return stamp === undefined ? [] : [{ name, stamp }]
    })
  )
  return entries.flat()
}

/** What the file is like now, or the link that leads to none; undefined when there is no such file. */
export const stampOf = async (path: string): Promise<string | undefined> => {
  try {
    const found = await stat(path)
    return found.isFile() ? stampFrom(found) : undefined
  } catch {
    const link = await lstat(path).catch(() => undefined)
    return link?.isSymbolicLink() === true ? `link ${stampFrom(link)}` : undefined
  }
}

const stampFrom = ({ ino, mtimeMs, size }: Stats): string => [ino, mtimeMs, size].join(" ")

/** What nobody waits for: files while they are written, those that were put aside, and our own. */
const TEMPORARY = /\.(?:tmp|broken|renewed|lock|removal)$/

/**
 * Calls `changed` some time after something in the directory has changed, once for changes in quick succession, with the
 * names of the credential files that it was; without them when it was something else. Gives what ends that; undefined
 * when the directory cannot be watched.
 */
export const watchDirectory = (
  dir: string,
  changed: (names: ReadonlySet<string> | undefined) => void
): (() => void) | undefined => {
  let timer: ReturnType<typeof setTimeout> | undefined
  /** What has changed since it was told last, and since when, by the monotonic clock. */
  let collected: { names: Set<string> | undefined; readonly since: number } | undefined
  const tell = (): void => {
    const names = collected?.names
    collected = undefined
    changed(names)
  }
  try {
    const watcher = watch(dir, { persistent: false }, (_, name) => {
      if (name !== null && TEMPORARY.test(name)) return
      const now = performance.now()
      collected ??= { names: new Set(), since: now }
      if (name !== null && isCredentialName(name)) collected.names?.add(name)
      else collected.names = undefined
      clearTimeout(timer)
      timer = setTimeout(tell, Math.max(0, Math.min(SETTLE_MS, collected.since + SETTLE_AT_MOST_MS - now))).unref()
    })
    const stop = (): void => {
      clearTimeout(timer)
      watcher.close()
    }
    watcher.on("error", stop)
    return stop
  } catch {
    return undefined
  }
}

/** The bytes of a file and when it was modified; undefined when there is no such file. */
export const readCredentialFile = (
  path: string
): Effect.Effect<{ readonly bytes: Buffer; readonly modifiedAt: Date } | undefined, CredentialFileError> =>
  attempt(async () => {
    try {
      const found = await stat(path)
      if (found.size > MAX_FILE_BYTES) throw new Error(`it is larger than ${MAX_FILE_BYTES} bytes`)
      return { bytes: await readFile(path), modifiedAt: found.mtime }
    } catch (cause) {
      if (isMissing(cause)) return undefined
      throw cause
    }
  })

/**
 * Writes a file so that nobody ever sees half of it, see `replaceFile`; where a link stands, what it leads to. Gives what
 * the file is like, as `stampOf` tells it. Not interruptible.
 */
export const writeCredentialFile = (path: string, bytes: Uint8Array): Effect.Effect<string, CredentialFileError> =>
  Effect.uninterruptible(attempt(async () => stampFrom(await replaceFile(await targetOf(path), bytes))))

const targetOf = (path: string): Promise<string> => realpath(path).catch(() => path)

/** Removes what writes and renewals have left behind that were cut off. Gives how many half-written files that were. */
export const removeLeftovers = (dir: string): Effect.Effect<number, CredentialFileError> =>
  attempt(async () => {
    await removeDeadLocks(dir)
    return removeTemporaryFiles(dir)
  })

/** Gives a file another name that nobody takes for a credential's: the path that it has then. */
export const putAside = (path: string): Effect.Effect<string, CredentialFileError> => {
  const aside = `${path}.broken`
  return Effect.as(
    attempt(() => rename(path, aside)),
    aside
  )
}

/** Removes a file, if it is there. Of a link, the link. */
export const removeCredentialFile = (path: string): Effect.Effect<void, CredentialFileError> =>
  attempt(() => rm(path, { force: true }))

const attempt = <A>(evaluate: () => Promise<A>): Effect.Effect<A, CredentialFileError> =>
  Effect.tryPromise({
    try: evaluate,
    catch: (cause) => new CredentialFileError({ message: cause instanceof Error ? cause.message : String(cause) })
  })

const isMissing = (cause: unknown): boolean => cause instanceof Error && "code" in cause && cause.code === "ENOENT"
