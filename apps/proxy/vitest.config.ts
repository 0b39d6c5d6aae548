import { defineConfig, mergeConfig } from "vitest/config"

import shared from "../../vitest.shared.ts"

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      globalSetup: ["./test/bundle-proxy.ts", "./test/build-scheduler-example.ts"],
      // Reading Effect and the SDKs anew for every file takes longer than most files' tests, and none leaves anything behind.
      isolate: false,
      // Most of the time tests wait for processes, sockets and timers: there is room for more of them than processors.
      maxWorkers: 3
    }
  })
)
