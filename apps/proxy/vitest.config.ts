import { defineConfig, mergeConfig } from "vitest/config"

import shared from "../../vitest.shared.ts"

// Most of the time tests wait for processes, sockets and timers: there is room for more of them than processors.
export default mergeConfig(shared, defineConfig({ test: { maxWorkers: 3 } }))
