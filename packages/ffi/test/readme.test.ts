import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { promisify } from "node:util"

import { expect, it } from "vitest"

import { goPlugin } from "./support/fixtures.ts"

const root = new URL("..", import.meta.url)

it("the example of the README opens a plugin in both ways and tells its errors", async () => {
  const example = /```ts\n(.*?)```/s.exec(readFileSync(new URL("README.md", root), "utf8"))?.[1] ?? "throw 0"
  const run = async (path: string): Promise<string> => {
    const args = ["--conditions=@cliproxy/source", "--input-type=module-typescript", "--eval", example]
    const { stdout } = await promisify(execFile)(process.execPath, [...args, "--", "readme", path], { cwd: root })
    return stdout
  }
  const used = "registered: go-echo\nit refused: unknown_method\n"
  expect(await run(goPlugin())).toBe(`${used}${used}`)
  expect(await run("/nowhere/plugin.so")).toBe("there is no /nowhere/plugin.so\n")
})
