import { execFileSync } from "node:child_process"
import { join } from "node:path"

import { assert, describe, it } from "vitest"

import { appDir } from "./run-proxy.ts"

const file = join(appDir, "src", "serve", "young-generation.ts")

/** MiB that the space for new objects has grown to after much was allocated, some of which lived for a while. */
const grownTo = (begin: string): number => {
  const program = `
    import { getHeapSpaceStatistics } from "node:v8"
    import { boundYoungGeneration } from ${JSON.stringify(file)}
    ${begin}
    const size = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size
    const kept = []
    let largest = 0
    for (let round = 0; round < 400; round++) {
      for (let count = 0; count < 4_000; count++) kept[Math.floor(Math.random() * 600_000)] = { text: String(count), list: [count] }
      largest = Math.max(largest, size())
      await new Promise((resolve) => setImmediate(resolve))
    }
    console.log(largest / 1024 / 1024)
  `
  return Number(execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" }))
}

describe("the space for new objects", () => {
  it("stays below what V8 lets it grow to", () => {
    assert.isBelow(grownTo("boundYoungGeneration()"), grownTo(""))
  })
})
