import { randomUUID } from "node:crypto"
import type { Stats } from "node:fs"
import { open, readdir, rename, rm } from "node:fs/promises"
import { dirname, join } from "node:path"

/** Names of temporary files, of any process: `<name>.json.<UUID>.tmp`, and those of files beside such a file. */
const TEMPORARY = /\.json(?:\.\w+)*\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/i

/** A name for a file that is to take the place of this one, or to get its name. What is left of it goes at the next start. */
export const temporaryName = (path: string): string => `${path}.${randomUUID()}.tmp`

/**
 * Gives a file a new content so that nobody ever sees half of it, also after a power failure: a temporary file beside it,
 * readable by its owner only, takes its place. Gives what the new file is like.
 */
export const replaceFile = async (path: string, bytes: Uint8Array): Promise<Stats> => {
  // Another gateway that begins to use the directory takes our temporary file for one that was left behind.
  const written = (await tryToReplace(path, bytes)) ?? (await tryToReplace(path, bytes))
  if (written === undefined) throw new Error("its temporary file was removed")
  await syncDirectory(dirname(path))
  return written
}

/** Removes the temporary files of a directory: what writes have left behind that were cut off. Gives how many. */
export const removeTemporaryFiles = async (dir: string): Promise<number> => {
  const left = (await readdir(dir)).filter((name) => TEMPORARY.test(name))
  await Promise.all(left.map((name) => rm(join(dir, name), { force: true })))
  return left.length
}

/** Undefined when the temporary file has vanished. */
const tryToReplace = async (path: string, bytes: Uint8Array): Promise<Stats | undefined> => {
  const temporary = temporaryName(path)
  const file = await open(temporary, "wx", 0o600)
  try {
    let written: Stats
    try {
      await file.writeFile(bytes)
      await file.sync()
      written = await file.stat()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    return written
  } catch (cause) {
    await rm(temporary, { force: true })
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined
    throw cause
  }
}

/** Makes the names in a directory outlive a power failure. Not every system can; then there is nothing to be done. */
const syncDirectory = async (dir: string): Promise<void> => {
  try {
    const handle = await open(dir, "r")
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch {
    // Windows opens no directories, and some network file systems sync none.
  }
}
