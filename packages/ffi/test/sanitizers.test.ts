import { assert, describe, it } from "vitest"
import { spawnSync } from "node:child_process"

import { isAvailable, sanitizedDriver, sanitizedPlugin, sanitizerEnvironment, sanitizers } from "./support/sanitized.ts"

describe.runIf(process.platform === "linux")("the bridge", () => {
  for (const [sanitizer, promise] of sanitizers) {
    it.runIf(isAvailable(sanitizer))(promise, () => {
      const run = spawnSync(sanitizedDriver(sanitizer), [sanitizedPlugin("echo", sanitizer)], {
        encoding: "utf8",
        env: sanitizerEnvironment
      })
      assert.strictEqual(run.status, 0, `${run.stdout}\n${run.stderr}`)
      assert.match(run.stdout, /accounted 2000 of 2000.* holders 1$/m)
      assert.strictEqual(run.stderr, "")
    })
  }
})
