import { readdir, stat } from "node:fs/promises"
import { join } from "node:path"

import { goArch, goOs, libraryExtension } from "@cliproxy/ffi"
import type { GatewaySettings } from "@cliproxy/pipeline"
import { Effect, Stream } from "effect"

/**
 * Milliseconds between two looks into the folders. Looking costs less than watching: a folder may not be there yet, and
 * network file systems and Docker mounts report no changes.
 */
const lookMs = 1000

const none = (): ReadonlyArray<never> => []

/** A library and what tells a changed file from an unchanged one. */
const fingerprint = (path: string): Promise<string> =>
  stat(path).then(
    ({ ino, mtimeMs, size }) => `${path} ${ino} ${mtimeMs} ${size}`,
    () => ""
  )

const librariesIn = async (dir: string): Promise<ReadonlyArray<string>> => {
  const entries = await readdir(dir, { withFileTypes: true }).catch(none)
  const names = entries.flatMap((entry) =>
    entry.isFile() && entry.name.toLowerCase().endsWith(libraryExtension()) ? [entry.name] : []
  )
  return Promise.all(names.toSorted().map((name) => fingerprint(join(dir, name))))
}

/** What is in the folders that are searched for plugins; nothing is read while plugins are switched off. */
const look = ({ dir, enabled }: GatewaySettings["plugins"]): Effect.Effect<string> =>
  Effect.promise(async () => {
    if (!enabled) return ""
    const folders = [join(dir, goOs(), goArch()), dir]
    return (await Promise.all(folders.map(librariesIn))).flat().join("\n")
  })

/**
 * Emits whenever a library in the plugin folders was written, added or removed since the effect ran, and was left alone
 * for one look since: large files are not written at once. `settings` is asked at each look, because the folder may
 * change with the configuration.
 */
export const pluginLibraryChanges = (settings: () => GatewaySettings["plugins"]): Effect.Effect<Stream.Stream<void>> =>
  Effect.map(
    Effect.suspend(() => look(settings())),
    (atFirst) => {
      let told = atFirst
      let before = atFirst
      const settled = Effect.suspend(() => look(settings())).pipe(
        Effect.map((now) => {
          const changed = now !== told && now === before
          before = now
          if (changed) told = now
          return changed
        })
      )
      return Stream.fromEffectRepeat(Effect.delay(settled, lookMs)).pipe(
        Stream.filter((changed) => changed),
        Stream.map(() => undefined)
      )
    }
  )
