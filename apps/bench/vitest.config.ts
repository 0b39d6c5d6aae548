import { defineConfig, mergeConfig } from "vitest/config"

import shared from "../../vitest.shared.ts"

// The soak takes as long as all others together, and leaves a processor to them for half of its time.
export default mergeConfig(shared, defineConfig({ test: { maxWorkers: 2 } }))
