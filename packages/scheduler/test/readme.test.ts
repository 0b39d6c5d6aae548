import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"

const root = new URL("..", import.meta.url)

const examples = [...readFileSync(new URL("README.md", root), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, example = ""]) => example
)

describe("README", () => {
  it("has examples", () => expect(examples).toHaveLength(2))

  it.each(examples)("has an example that runs and prints what it says", (example) => {
    const promised = [...example.matchAll(/\/\/ => (.*)/g)].map(([, line]) => line)
    const printed = execFileSync(
      process.execPath,
      ["--conditions=@cliproxy/source", "--input-type=module-typescript", "--eval", example],
      { cwd: root, encoding: "utf8" }
    )
    expect(promised.length).toBeGreaterThan(0)
    expect(printed.trim().split("\n")).toEqual(promised)
  })
})
