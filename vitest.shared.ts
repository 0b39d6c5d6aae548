import { defineConfig } from "vitest/config"

/** Tests run against the sources of the workspace, so that a change needs no build to be seen. */
const conditions = ["@cliproxy/source", "node", "import", "default"]

/** What every package's vitest.config.ts exports. The JSON report is what the closing line of `npm test` adds up. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", "json"],
    outputFile: { json: ".test-results/vitest.json" },
    testTimeout: 30_000,
    hookTimeout: 120_000
  }
})
