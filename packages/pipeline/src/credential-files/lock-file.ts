import { Clock, Effect } from "effect"
import { randomUUID } from "node:crypto"
import { readlinkSync } from "node:fs"
import { link, readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises"
import { hostname } from "node:os"
import { join } from "node:path"

import { isObject } from "../codecs/json-fields.ts"
import { temporaryName } from "./replace-file.ts"

const SUFFIX = ".lock"

/** What follows the name of a lock while it is removed. */
const REMOVAL_SUFFIX = ".removal"

/** Names of lock files: of a credential file, of what is kept beside it, and of one of its credentials. */
const LOCK = /\.json(?:\.\w+)?\.lock$/i

/** Milliseconds between two looks at a lock that somebody else has. */
const LOOK_EVERY_MS = 100

/** Milliseconds for which one and the same lock is waited for: who has it has ended, on a machine that we cannot ask. */
const LONGEST_MS = 5 * 60_000

/** Milliseconds after which the removal of a lock has surely ended, or was cut off. */
const REMOVAL_MS = 60_000

/** What a lock file says: who has it. The time is for people. */
interface Holder {
  /** Machine and PID namespace: where `pid` means something. */
  readonly place: string
  readonly pid: number
  /** Another one each time. */
  readonly id: string
}

/** The locks of this process, by `Holder.id`. */
const ours = new Set<string>()

/** Containers on one machine may share their host's name and count processes on their own. */
const here = ((): string => {
  try {
    return `${hostname()} ${readlinkSync("/proc/self/ns/pid")}`
  } catch {
    return hostname()
  }
})()

/**
 * Does something while no other process does it, of those that ask with the same path: the lock is a file beside it,
 * `<path>.lock`, which is gone afterwards. A process that was killed has no lock any more; one on another machine loses it
 * after five minutes. Where no file can be made there is no lock, and `use` runs all the same. Waiting is interruptible.
 */
export const withLockFile = <A, E, R>(path: string, use: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const lock = `${yield* Effect.promise(() => realpath(path).catch(() => path))}${SUFFIX}`
      const holder: Holder = { place: here, pid: process.pid, id: randomUUID() }
      const since = new Date(yield* Clock.currentTimeMillis).toISOString()
      ours.add(holder.id)
      const made = yield* Effect.onExit(
        acquire(lock, JSON.stringify({ ...holder, since }), (wait) => restore(wait)),
        (exit) => Effect.sync(() => void (exit._tag === "Failure" && ours.delete(holder.id)))
      )
      return yield* Effect.ensuring(
        restore(use),
        Effect.promise(async () => {
          // It was taken from us when it says something else.
          if (made && holderOf(await textOf(lock))?.id === holder.id) await rm(lock, { force: true })
          ours.delete(holder.id)
        })
      )
    })
  )

/** Removes the locks in a directory whose process has ended. */
export const removeDeadLocks = async (dir: string): Promise<void> => {
  for (const name of await readdir(dir)) {
    if (name.endsWith(`.json${SUFFIX}${REMOVAL_SUFFIX}`)) await removeOldRemoval(join(dir, name))
    if (!LOCK.test(name)) continue
    const text = await textOf(join(dir, name))
    if (text !== undefined && hasEnded(holderOf(text))) await removeLock(join(dir, name), text)
  }
}

/** True when the lock file was made, false when none can be. */
const acquire = Effect.fnUntraced(function* (
  lock: string,
  text: string,
  interruptible: (wait: Effect.Effect<void>) => Effect.Effect<void>
) {
  /** The lock that is waited for, and since when in nanoseconds of a clock that nobody sets. */
  let seen: { readonly text: string; readonly since: bigint } | undefined
  for (;;) {
    const made = yield* Effect.promise(() => tryToMake(lock, text))
    if (made !== undefined) return made
    const found = yield* Effect.promise(() => textOf(lock))
    if (found === undefined) continue
    const now = yield* Clock.monotonicTimeNanos
    if (found !== seen?.text) seen = { text: found, since: now }
    if (hasEnded(holderOf(found)) || now - seen.since >= BigInt(LONGEST_MS) * 1_000_000n) {
      yield* Effect.promise(() => removeLock(lock, found))
    }
    yield* interruptible(Effect.sleep(LOOK_EVERY_MS))
  }
})

/** Undefined when there is one; false when there can be none, as in a directory that is only to be read. */
const tryToMake = async (lock: string, text: string): Promise<boolean | undefined> => {
  // A lock says from its first moment whose it is: of one that is empty nobody could tell whether its process lives.
  const draft = temporaryName(lock)
  if ((await failureOf(writeFile(draft, text, NEW_FILE))) !== undefined) return false
  const failure = await failureOf(link(draft, lock))
  await rm(draft, { force: true })
  if (failure === undefined) return true
  // Somebody who has just started may have taken the draft for one that was left behind.
  if (failure === "EEXIST" || failure === "ENOENT") return undefined
  // A file system without links.
  const inPlace = await failureOf(writeFile(lock, text, NEW_FILE))
  return inPlace === undefined ? true : inPlace === "EEXIST" ? undefined : false
}

const NEW_FILE = { flag: "wx", mode: 0o600 }

/** The code of what went wrong. */
const failureOf = async (step: Promise<unknown>): Promise<unknown> => {
  try {
    await step
    return undefined
  } catch (cause) {
    return codeOf(cause) ?? "unknown"
  }
}

/**
 * Removes a lock that still says `text`. One process at a time does so, for else a second one would remove the lock that
 * the first has made since.
 */
const removeLock = async (lock: string, text: string): Promise<void> => {
  const removal = `${lock}${REMOVAL_SUFFIX}`
  if ((await tryToMake(removal, "")) !== true) {
    await removeOldRemoval(removal)
    return
  }
  try {
    if ((await textOf(lock)) === text) await rm(lock, { force: true })
  } finally {
    await rm(removal, { force: true })
  }
}

/** Removes what says that a lock is being removed, when whoever did so was cut off. */
const removeOldRemoval = async (removal: string): Promise<void> => {
  const found = await stat(removal).catch(() => undefined)
  if (found !== undefined && Date.now() - found.mtimeMs > REMOVAL_MS) await rm(removal, { force: true })
}

/** Undefined when there is no such file; empty when it cannot be read. */
const textOf = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, "utf8")
  } catch (cause) {
    return codeOf(cause) === "ENOENT" ? undefined : ""
  }
}

const holderOf = (text = ""): Holder | undefined => {
  try {
    const json: unknown = JSON.parse(text)
    if (!isObject(json)) return undefined
    const { id, pid, place } = json
    return typeof id === "string" && typeof pid === "number" && typeof place === "string"
      ? { id, pid, place }
      : undefined
  } catch {
    // It is just being written.
    return undefined
  }
}

/** Whether the process is known to have ended. Another one may have its number since: then only time tells. */
const hasEnded = (holder: Holder | undefined): boolean => {
  if (holder?.place !== here) return false
  // Processes in containers have the same number again after a restart.
  if (holder.pid === process.pid) return !ours.has(holder.id)
  try {
    process.kill(holder.pid, 0)
    return false
  } catch (cause) {
    return codeOf(cause) === "ESRCH"
  }
}

const codeOf = (cause: unknown): unknown => (cause instanceof Error && "code" in cause ? cause.code : undefined)
