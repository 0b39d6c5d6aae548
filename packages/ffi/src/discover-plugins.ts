import { Effect, Schema } from "effect"
import { readdir } from "node:fs/promises"
import { join } from "node:path"

import { goArch, goOs } from "./platform.ts"
import { compareVersions, parsePin, parsePluginFileName } from "./plugin-file-name.ts"

/** A plugin folder exists and cannot be read. */
export class PluginDiscoveryFailed extends Schema.TaggedError<PluginDiscoveryFailed>()("PluginDiscoveryFailed", {
  /** Folder that could not be read. */
  folder: Schema.String,
  /** The system's error code, such as `EACCES`. */
  code: Schema.String
}) {
  override get message() {
    return `cannot read the plugin folder ${this.folder} (${this.code})`
  }
}

/** The library that was chosen for a plugin ID. */
export interface DiscoveredPlugin {
  readonly id: string
  /** Empty when the file name carries none. */
  readonly version: string
  readonly path: string
}

/** Where to look, and for what. */
export interface DiscoverOptions {
  /** The plugin folder; `<dir>/<os>/<arch>` (Go's names) is searched before it. */
  readonly dir: string
  /** Plugin IDs that are wanted, with the version each is pinned to. Others are left out. */
  readonly configured: ReadonlyMap<string, { readonly version?: string | undefined }>
}

const byteOrder = (left: string, right: string): number => Buffer.compare(Buffer.from(left), Buffer.from(right))

/** Regular files only: neither folders nor symbolic links. A folder that does not exist has none. */
const filesOf = (folder: string): Effect.Effect<ReadonlyArray<string>, PluginDiscoveryFailed> =>
  Effect.tryPromise({
    try: () => readdir(folder, { withFileTypes: true }),
    catch: (cause) => (cause as NodeJS.ErrnoException).code ?? "UNKNOWN"
  }).pipe(
    Effect.map((entries) =>
      entries
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name)
        .toSorted(byteOrder)
    ),
    Effect.catch((code) =>
      code === "ENOENT" ? Effect.succeed([]) : Effect.fail(new PluginDiscoveryFailed({ folder, code }))
    )
  )

/** Whether `found` takes the place of `kept`: the pinned version first, then the higher one. */
const isPreferred = (found: DiscoveredPlugin, kept: DiscoveredPlugin, pin: string | undefined): boolean => {
  if (pin !== undefined && (found.version === pin) !== (kept.version === pin)) return found.version === pin
  if (found.version === "") return false
  return kept.version === "" || compareVersions(found.version, kept.version) > 0
}

/**
 * Finds one library per wanted plugin ID, in the order in which the IDs are first met. A plugin that is pinned to a
 * version that no file has is left out. Source: plugin ABI, discovery. Fails with `PluginDiscoveryFailed`.
 */
export const discoverPlugins = Effect.fnUntraced(function* (options: DiscoverOptions) {
  const chosen = new Map<string, DiscoveredPlugin>()
  for (const folder of [join(options.dir, goOs(), goArch()), options.dir]) {
    for (const file of yield* filesOf(folder)) {
      const name = parsePluginFileName(file)
      const wanted = name && options.configured.get(name.id)
      if (name === undefined || wanted === undefined) continue
      const found = { ...name, path: join(folder, file) }
      const kept = chosen.get(name.id)
      if (kept === undefined || isPreferred(found, kept, parsePin(wanted.version))) chosen.set(name.id, found)
    }
  }
  const plugins: ReadonlyArray<DiscoveredPlugin> = [...chosen.values()].filter(({ id, version }) => {
    const pin = parsePin(options.configured.get(id)?.version)
    return pin === undefined || version === pin
  })
  return plugins
})
