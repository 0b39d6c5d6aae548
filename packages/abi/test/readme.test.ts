import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

it("the example of the README runs and prints what was picked", () => {
  const example = /```ts\n(.*?)```/s.exec(readFileSync(at("../README.md"), "utf8"))?.[1] ?? ""
  // Inside the package, so that it finds itself by its name.
  const file = at(`../.test-results/readme-example-${process.pid}.ts`)
  mkdirSync(at("../.test-results"), { recursive: true })
  writeFileSync(file, example)
  try {
    const output = execFileSync(process.execPath, ["--conditions=@cliproxy/source", file], { encoding: "utf8" })
    expect(output).toBe("[ 'scheduler.pick' ] 319 bytes\nkey-1 true\n")
  } finally {
    rmSync(file)
  }
})
