import { defineConfig, mergeConfig } from "vitest/config"

import shared from "./vitest.shared.ts"

/** For packages whose test files can share a process and mostly wait: what their vitest.config.ts exports. */
export default mergeConfig(
  shared,
  defineConfig({
    test: {
      // Reading Effect anew for every file takes longer than most files' tests, and none of them leaves anything behind.
      isolate: false,
      // Most of the time tests wait for sockets and timers: there is room for more of them than processors.
      maxWorkers: 3
    }
  })
)
