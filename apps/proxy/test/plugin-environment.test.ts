import { readdirSync, readFileSync } from "node:fs"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { proxyWith } from "./configured-proxy.ts"
import { schedulerFolder } from "./scheduler-example.ts"

const fileOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    // A process that has ended since.
    return ""
  }
}

/** What the processes that another one started have as their environment. Linux alone tells. */
const environmentsOfChildren = (parent: number): ReadonlyArray<string> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => new RegExp(`^PPid:\\s+${parent}$`, "m").test(fileOf(`/proc/${pid}/status`)))
    .map((pid) => fileOf(`/proc/${pid}/environ`))

describe.runIf(process.platform === "linux")("the environment of a plugin", () => {
  it.live("does not hold the management key", () =>
    Effect.gen(function* () {
      const config = `demo: true\nplugins: {enabled: true, dir: '${schedulerFolder}', configs: {scheduler: {enabled: true}}}\n`
      const env = { MANAGEMENT_PASSWORD: "operators-only", FOR_PLUGINS: "yes" }
      const { child, url } = yield* proxyWith(config, env)
      const environments = environmentsOfChildren(child.pid ?? 0)
      assert.isAbove(environments.length, 0)
      for (const environment of environments) {
        assert.include(environment, "FOR_PLUGINS=yes")
        assert.notInclude(environment, "operators-only")
      }
      const headers = { "x-management-key": "operators-only" }
      const answer = yield* Effect.promise(() => fetch(`${url}/v0/management/plugins`, { headers }))
      assert.strictEqual(answer.status, 200)
    })
  )
})
