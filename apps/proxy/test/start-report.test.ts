import type { CredentialReport } from "@cliproxy/pipeline"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { checkConfigText } from "../src/config/read-config.ts"
import { startReport } from "../src/serve/start-report.ts"

const credential = (id: string, provider: string, more: Partial<CredentialReport> = {}): CredentialReport => ({
  id,
  provider,
  tier: 0,
  weight: 1,
  disabled: false,
  inFlight: 0,
  attempts: { succeeded: 0, failed: 0, requestFaults: 0, abandoned: 0, statuses: new Map(), lastError: undefined },
  renewal: { refused: false },
  models: [{ model: "m", state: "Available" }],
  ...more
})

const reportOf = Effect.fnUntraced(function* (config: string, credentials: ReadonlyArray<CredentialReport>) {
  const { config: read } = yield* checkConfigText("c.yaml", config, "/")
  return startReport({
    version: "1.0.0",
    url: "http://127.0.0.1:8317",
    configPath: "c.yaml",
    clients: { keys: 0, byPlugins: false },
    settings: read.gateway,
    pluginProblems: [],
    plugins: [],
    credentials,
    management: false,
    note: undefined
  })
})

describe("the start report", () => {
  it.effect("says what was found in the credential directory, and what of it is of no use", () =>
    Effect.gen(function* () {
      const report = yield* reportOf("auth-dir: /srv/creds\n", [
        credential("a.json", "lab"),
        credential("b.json", "lab"),
        credential("off.json", "other", { disabled: true, models: [] }),
        credential("typo.json", "labb", { models: [] })
      ])
      assert.include(report, "auth-dir       /srv/creds: 4 credentials (2 of lab, 1 of other, 1 of labb)\n")
      assert.include(report, "nothing is served with typo.json (type labb)\n")
    })
  )

  it.effect("says when it is empty, and nothing when there is none", () =>
    Effect.gen(function* () {
      assert.include(yield* reportOf("auth-dir: /srv/creds\n", []), "auth-dir       /srv/creds: 0 credentials\n")
      assert.notInclude(yield* reportOf("port: 1\n", []), "auth-dir")
    })
  )
})
