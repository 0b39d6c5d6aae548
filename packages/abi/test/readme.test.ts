import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

it("the example of the README runs and prints what it says", () => {
  const readme = readFileSync(at("../README.md"), "utf8")
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? ""
  const promised = /```\n(.*?)```/s.exec(readme.slice(readme.indexOf("It prints")))?.[1]
  // Inside the package, so that it finds itself by its name.
  const file = at(`../.test-results/readme-example-${process.pid}.ts`)
  mkdirSync(at("../.test-results"), { recursive: true })
  writeFileSync(file, example)
  try {
    const output = execFileSync(process.execPath, ["--conditions=@cliproxy/source", file], { encoding: "utf8" })
    expect(output).toContain("key-1 true")
    expect(output).toBe(promised)
  } finally {
    rmSync(file)
  }
})
