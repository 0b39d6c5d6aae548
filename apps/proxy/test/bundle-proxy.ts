/** Runs before the tests: bundles the command line from the sources as they are, in the way that the build does. */
import { createHash } from "node:crypto"
import { existsSync, renameSync } from "node:fs"
import { join } from "node:path"

import type { TestProject } from "vitest/node"

import { bundleProxy } from "../build/bundle.ts"
import { writeBundle } from "../build/write-bundle.ts"
import { packageRoot } from "../src/package-root.ts"
import { claimBundle, removeUnclaimedBundles } from "./bundle-claims.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** Path of the bundled command line. */
    readonly proxyProgram: string
  }
}

export default async (project: TestProject): Promise<() => void> => {
  const chunks = await bundleProxy()
  const hash = createHash("sha256")
  for (const { code, fileName } of chunks) hash.update(fileName).update(code)
  const bundles = join(packageRoot, ".test-results", "bundles")
  // Named by its content, so that runs of the tests beside each other, or after a change, do not meet in one folder.
  const name = hash.digest("hex").slice(0, 16)
  const folder = join(bundles, name)
  // The claim comes first: from then on nobody removes it.
  const release = claimBundle(bundles, name)
  removeUnclaimedBundles(bundles)
  if (!existsSync(folder)) {
    const staging = `${folder}.${process.pid}`
    writeBundle(chunks, staging)
    try {
      renameSync(staging, folder)
    } catch (cause) {
      if (!existsSync(folder)) throw cause
    }
  }
  project.provide("proxyProgram", join(folder, "main.js"))
  return release
}
