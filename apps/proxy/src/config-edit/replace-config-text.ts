import { randomUUID } from "node:crypto"
import { type FileHandle, open, realpath, rename, rm, stat, writeFile } from "node:fs/promises"
import { dirname } from "node:path"

/** Codes of errors after which a file may be written to in its place, but no other one can take it. */
const bound = ["EBUSY", "EACCES", "EPERM", "EXDEV"]

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined

/** Whether anybody may write to a file. Asked before, because root may do what it likes and a folder may allow more. */
export const isReadOnly = async (path: string): Promise<boolean> => ((await stat(path)).mode & 0o222) === 0

/**
 * Gives a file another text, so that nobody ever sees half of it, also after a power failure: a new file with the same
 * owner and mode takes its place. Where a link stands, what it leads to is replaced. A file that cannot be replaced,
 * because it is mounted into a container or its folder is not ours, is written to in its place.
 */
export const replaceConfigText = async (path: string, text: string): Promise<void> => {
  const target = await realpath(path)
  const temporary = `${target}.${randomUUID()}.tmp`
  try {
    await writeLike(target, temporary, text)
    await rename(temporary, target)
    await syncFolder(dirname(target))
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    if (!bound.includes(codeOf(error) ?? "")) throw error
    await writeFile(target, text, { flush: true })
  }
}

const writeLike = async (target: string, temporary: string, text: string): Promise<void> => {
  const { gid, mode, uid } = await stat(target)
  await using file: FileHandle = await open(temporary, "wx", 0o600)
  const made = await file.stat()
  if (made.uid !== uid || made.gid !== gid) await file.chown(uid, gid)
  await file.chmod(mode & 0o7777)
  await file.writeFile(text)
  await file.sync()
}

/** Makes the new name outlive a power failure, where that can be done. */
const syncFolder = async (folder: string): Promise<void> => {
  try {
    await using handle = await open(folder, "r")
    await handle.sync()
  } catch {
    // Windows opens no folders, and some network file systems sync none.
  }
}
