/** Which of the bundles that runs of the tests have made are still in use: a file beside each, for each run. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (cause) {
    // Somebody else's process is one, too.
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
}

/** `<bundle>.<process>`, and what follows: `used` for a claim, `unused` while it is removed, nothing while it is written. */
const NAME = /^([0-9a-f]+)\.(\d+)(?:\.(used|unused))?$/

const claimed = (bundles: string): ReadonlySet<string> =>
  new Set(
    readdirSync(bundles).flatMap((entry) => {
      const [, name, pid, kind] = NAME.exec(entry) ?? []
      return name !== undefined && kind === "used" && isAlive(Number(pid)) ? [name] : []
    })
  )

/** Keeps a bundle from being removed while this process lives, or until the function that it gives is called. */
export const claimBundle = (bundles: string, name: string): (() => void) => {
  mkdirSync(bundles, { recursive: true })
  const claim = join(bundles, `${name}.${process.pid}.used`)
  writeFileSync(claim, "")
  return () => rmSync(claim, { force: true })
}

/** Removes bundles that no living process has claimed, and what processes that have ended left behind. */
export const removeUnclaimedBundles = (bundles: string): void => {
  for (const entry of readdirSync(bundles)) {
    const [, name, pid] = NAME.exec(entry) ?? []
    if (name !== undefined) {
      if (!isAlive(Number(pid))) rmSync(join(bundles, entry), { recursive: true, force: true })
    } else if (!claimed(bundles).has(entry)) {
      const folder = join(bundles, entry)
      const aside = `${folder}.${process.pid}.unused`
      try {
        renameSync(folder, aside)
      } catch {
        // Another run was faster.
        continue
      }
      // Whoever has claimed it just now may have seen it where it was.
      if (claimed(bundles).has(entry) && !existsSync(folder)) renameSync(aside, folder)
      else rmSync(aside, { recursive: true, force: true })
    }
  }
}
