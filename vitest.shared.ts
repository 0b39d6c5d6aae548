import { fileURLToPath } from "node:url"

import { defineConfig } from "vitest/config"

/** Tests run against the sources of the workspace, so that a change needs no build to be seen. */
const conditions = ["@cliproxy/source", "node", "import", "default"]

/** What every package's vitest.config.ts exports. The JSON report is what the closing line of `npm test` adds up. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: [fileURLToPath(new URL("vitest.temporary-folder.ts", import.meta.url))],
    setupFiles: [fileURLToPath(new URL("vitest.seed.ts", import.meta.url))],
    reporters: ["default", "json"],
    outputFile: { json: ".test-results/vitest.json" },
    // No test is about time: these only end what hangs, also on a machine that has much else to do.
    testTimeout: 300_000,
    hookTimeout: 300_000
  }
})
