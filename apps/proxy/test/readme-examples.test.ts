/** The examples of the packages' READMEs run in the tests of each package; here a compiler reads them as strictly as a user's may. */
import { execFile } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

import { expect, it } from "vitest"

import { packageRoot } from "../src/package-root.ts"

const workspace = fileURLToPath(new URL("../../..", import.meta.url))
const compiler = join(
  dirname(createRequire(join(workspace, "package.json")).resolve("typescript/package.json")),
  "bin/tsc"
)

const examplesOf = (readme: string): ReadonlyArray<string> =>
  [...readFileSync(readme, "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, example = ""]) => example)

const settings = {
  extends: "../../../../tsconfig.base.json",
  compilerOptions: {
    rootDir: "/",
    composite: false,
    incremental: false,
    noEmit: true,
    allowImportingTsExtensions: true,
    rewriteRelativeImportExtensions: false,
    customConditions: ["@cliproxy/source"]
  },
  include: ["*.ts"]
}

it("the TypeScript examples of all READMEs compile", async () => {
  // Inside this package, which depends on all others.
  const folder = join(packageRoot, ".test-results", `readmes-${process.pid}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  try {
    let count = 0
    for (const name of ["abi", "ffi", "scheduler", "pipeline", "server"]) {
      const examples = examplesOf(join(workspace, "packages", name, "README.md"))
      expect(examples).not.toHaveLength(0)
      for (const example of examples) writeFileSync(join(folder, `${name}-${++count}.ts`), example)
    }
    // Shows that the compiler has read what is in the folder.
    writeFileSync(join(folder, "wrong-0.ts"), 'export const wrong: number = ""\n')
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings))
    const complaints = await promisify(execFile)(process.execPath, [compiler, "-p", folder], { cwd: folder }).then(
      () => "",
      (error: { readonly stdout: string }) => error.stdout
    )
    // What is being changed in the sources themselves is for their own check.
    const ofExamples = complaints.split("\n").filter((line) => /^\w+-\d+\.ts/.test(line))
    expect(ofExamples).toEqual([expect.stringMatching(/^wrong-0\.ts.* TS2322:/)])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
