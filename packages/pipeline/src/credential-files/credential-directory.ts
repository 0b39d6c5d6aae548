import { Effect, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { watch } from "node:fs"
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises"
import { join } from "node:path"

/** The credential directory, or a file in it, could not be read or written. */
export class CredentialFileError extends Schema.TaggedError<CredentialFileError>()("CredentialFileError", {
  message: Schema.String
}) {}

/** A file of the directory: its name, and what tells a changed one from an unchanged one. */
export interface DirectoryEntry {
  readonly name: string
  readonly stamp: string
}

/** Milliseconds for which changes of files are collected. */
const SETTLE_MS = 100

/** Largest credential file that is read, in bytes. */
const MAX_FILE_BYTES = 1024 * 1024

/** The JSON files at the top of the directory, sorted by name. Makes the directory, for its owner only, if need be. */
export const listDirectory = (dir: string): Effect.Effect<ReadonlyArray<DirectoryEntry>, CredentialFileError> =>
  attempt(async () => {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const names = (await readdir(dir)).filter((name) => name.toLowerCase().endsWith(".json")).toSorted()
    const entries = await Promise.all(
      names.map(async (name) => {
        const stamp = await stampOf(join(dir, name))
        return stamp === undefined ? [] : [{ name, stamp }]
      })
    )
    return entries.flat()
  })

/** What the file is like now; undefined when there is no such file. */
export const stampOf = async (path: string): Promise<string | undefined> => {
  try {
    const found = await stat(path)
    return found.isFile() ? [found.ino, found.mtimeMs, found.size].join(" ") : undefined
  } catch {
    return undefined
  }
}

/**
 * Calls `changed` some time after JSON files of the directory have changed, once for changes in quick succession. Gives
 * what ends that; undefined when the directory cannot be watched.
 */
export const watchDirectory = (dir: string, changed: () => void): (() => void) | undefined => {
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    const watcher = watch(dir, { persistent: false }, (_, name) => {
      if (name !== null && !name.toLowerCase().endsWith(".json")) return
      clearTimeout(timer)
      timer = setTimeout(changed, SETTLE_MS).unref()
    })
    const stop = (): void => {
      clearTimeout(timer)
      watcher.close()
    }
    // The directory was removed. It is watched again after the next configuration pass.
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
 * Writes a file so that nobody ever sees half of it, also after a power failure: a temporary file beside it, readable
 * by its owner only, takes its place. Not interruptible.
 */
export const writeCredentialFile = (path: string, bytes: Uint8Array): Effect.Effect<void, CredentialFileError> =>
  Effect.uninterruptible(
    attempt(async () => {
      const temporary = `${path}.${randomUUID()}.tmp`
      try {
        const file = await open(temporary, "wx", 0o600)
        try {
          await file.writeFile(bytes)
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(temporary, path)
      } catch (cause) {
        await rm(temporary, { force: true })
        throw cause
      }
    })
  )

/** Removes a file, if it is there. */
export const removeCredentialFile = (path: string): Effect.Effect<void, CredentialFileError> =>
  attempt(() => rm(path, { force: true }))

const attempt = <A>(evaluate: () => Promise<A>): Effect.Effect<A, CredentialFileError> =>
  Effect.tryPromise({
    try: evaluate,
    catch: (cause) => new CredentialFileError({ message: cause instanceof Error ? cause.message : String(cause) })
  })

const isMissing = (cause: unknown): boolean => cause instanceof Error && "code" in cause && cause.code === "ENOENT"
