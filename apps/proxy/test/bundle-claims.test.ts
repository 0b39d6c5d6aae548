import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { expect, it } from "vitest"

import { claimBundle, removeUnclaimedBundles } from "./bundle-claims.ts"

it("only bundles that a living process has claimed are kept", () => {
  const bundles = mkdtempSync(join(tmpdir(), "cliproxy-bundles-"))
  const dead = spawnSync(process.execPath, ["--version"]).pid
  try {
    for (const name of ["aaaa", "bbbb", "cccc", `dddd.${dead}`, `eeee.${process.pid}`]) mkdirSync(join(bundles, name))
    writeFileSync(join(bundles, `bbbb.${dead}.used`), "")
    const release = claimBundle(bundles, "cccc")
    removeUnclaimedBundles(bundles)
    expect(readdirSync(bundles).toSorted()).toEqual(["cccc", `cccc.${process.pid}.used`, `eeee.${process.pid}`])
    release()
    removeUnclaimedBundles(bundles)
    expect(readdirSync(bundles)).toEqual([`eeee.${process.pid}`])
  } finally {
    rmSync(bundles, { recursive: true, force: true })
  }
})
