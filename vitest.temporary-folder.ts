import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/**
 * Gives a run a folder of its own for temporary files, in all of its processes, and removes it at the end: also what a
 * killed program left behind. Its name is short, since paths of sockets are.
 */
export const setup = (): (() => void) => {
  const folder = mkdtempSync(join(tmpdir(), "cliproxy-"))
  process.env["TMPDIR"] = folder
  const remove = () => rmSync(folder, { recursive: true, force: true })
  // Vitest does not come to the end of a run that it breaks off.
  process.once("exit", remove)
  return remove
}
