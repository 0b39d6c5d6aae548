import { type FSWatcher, unwatchFile, watch, watchFile } from "node:fs"
import { realpath } from "node:fs/promises"
import { basename, dirname } from "node:path"

import { Effect, Queue, Stream } from "effect"

/** Milliseconds without a change after which a file counts as written. Editors write in several steps. */
const settleMs = 150

/** Milliseconds between two looks at the file itself, for file systems that report no changes (network, Docker mounts). */
const pollMs = 2000

/** Why somebody should look at the file. */
export type ConfigChange = "file" | "SIGHUP"

/**
 * Emits whenever something happened that may have changed the file: a write, a replacement by another file, a change of
 * what a symbolic link leads to, or SIGHUP. The folder is watched, not the file, since a replaced file has a new inode.
 * Whether the content differs is for the consumer to find out. Watches from when the effect has run until the scope
 * closes; from then on SIGHUP does not end the process.
 */
export const configChanges = Effect.fnUntraced(function* (path: string) {
  const events = yield* Queue.unbounded<undefined>()
  /** Whether a signal has come that nobody was told of. What happens to the file meanwhile must not hide it. */
  let signalled = false
  const changed = () => {
    Queue.offerUnsafe(events, undefined)
  }
  const hangup = () => {
    signalled = true
    changed()
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => process.on("SIGHUP", hangup)),
    () => Effect.sync(() => process.off("SIGHUP", hangup))
  )
  const target = yield* Effect.promise(() => realpath(path).catch(() => path))
  const names = new Set([basename(path), basename(target)])
  /** Logs and databases may lie beside the file, and must not keep the stream from ever being quiet. */
  const concerns = (name: string | null): boolean =>
    // Kubernetes swaps a folder of a name like `..data`, through which the file is reached.
    name === null || names.has(name) || name.startsWith("..")
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const watchers: Array<FSWatcher> = []
      for (const folder of new Set([dirname(path), dirname(target)])) {
        try {
          // A watcher that fails later leaves the look at the file itself.
          const watcher = watch(folder, { persistent: false }, (_, name) => {
            if (concerns(name)) changed()
          })
          watchers.push(watcher.on("error", () => {}))
        } catch {
          // As above: this file system cannot watch folders.
        }
      }
      watchFile(path, { interval: pollMs, persistent: false }, changed)
      // For what happened between the first reading and now.
      changed()
      return watchers
    }),
    (watchers) =>
      Effect.sync(() => {
        for (const watcher of watchers) watcher.close()
        unwatchFile(path, changed)
      })
  )
  return Stream.fromQueue(events).pipe(
    Stream.debounce(settleMs),
    Stream.map((): ConfigChange => {
      const change = signalled ? "SIGHUP" : "file"
      signalled = false
      return change
    })
  )
})
