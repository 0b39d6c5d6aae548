import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { startProxy, temporaryFolder, until } from "../run-proxy.ts"
import { scriptedPlugin } from "../scripted-plugin.ts"

/** How often the proxy is killed. The tests of the pipeline kill what writes the files 200 times. */
const KILLS = Number(process.env["CLIPROXY_KILLS"] ?? 8)

const names = Array.from({ length: 40 }, (_, index) => `c-${index}.json`)

const tokenOf = (version: number) => ({ token: `t-${version}`, proof: `${version} `.repeat(1_000) })

/** A proxy whose plugin renews forty credentials of its provider as soon as it starts: all of them have expired. */
const folderWithExpired = Effect.gen(function* () {
  const cwd = yield* temporaryFolder
  const creds = join(cwd, "creds")
  mkdirSync(join(cwd, "plugins"))
  mkdirSync(creds)
  for (const name of names) {
    const file = { type: "lab", note: `of ${name}`, expired: "2020-01-01T00:00:00Z", ...tokenOf(0) }
    writeFileSync(join(creds, name), JSON.stringify(file))
  }
  const lab = scriptedPlugin(join(cwd, "plugins"), "lab", { auth_provider: true })
  lab.answer("auth.identifier", { identifier: "lab" })
  writeFileSync(
    join(cwd, "c.yaml"),
    "demo: true\nauth-dir: creds\nplugins:\n  enabled: true\n  dir: plugins\n  configs:\n" +
      "    lab: {enabled: true, isolation: in-process}\n"
  )
  const renewTo = (version: number): void => {
    lab.answer("auth.refresh", { Auth: { Metadata: tokenOf(version) } })
  }
  /** The version that each file is of; fails for one that is not whole. */
  const versions = (): ReadonlyArray<number> =>
    names.map((name) => {
      const json = JSON.parse(readFileSync(join(creds, name), "utf8")) as Record<string, unknown>
      const version = Number(String(json["token"]).slice("t-".length))
      assert.deepStrictEqual(json, { type: "lab", note: `of ${name}`, expired: json["expired"], ...tokenOf(version) })
      return version
    })
  const others = (): ReadonlyArray<string> => readdirSync(creds).filter((name) => !names.includes(name))
  return { cwd, renewTo, versions, others }
})

describe("a proxy that is killed while a plugin renews its credentials", () => {
  it.live(
    "finds every credential whole when it starts again, the old one or the new one, and clears what was left",
    () =>
      Effect.gen(function* () {
        const { cwd, others, renewTo, versions } = yield* folderWithExpired
        let inBetween = 0
        for (let run = 1; run <= KILLS; run++) {
          renewTo(run)
          yield* Effect.scoped(
            Effect.gen(function* () {
              const proxy = yield* startProxy(["--config", "c.yaml"], { cwd })
              yield* until(() => versions().includes(run))
              yield* Effect.sleep(`${(run * 13) % 60} millis`)
              proxy.child.kill("SIGKILL")
              yield* proxy.ended
            })
          )
          const now = versions()
          assert.isTrue(now.every((version) => version >= 0 && version <= run))
          if (now.some((version) => version < run)) inBetween++
          // Writes follow each other: at most the last one was cut off, and those of earlier runs are gone.
          assert.isAtMost(others().length, 1)
        }
        assert.isAbove(inBetween, 0, "no kill came while credentials were being written")

        renewTo(KILLS + 1)
        yield* startProxy(["--config", "c.yaml"], { cwd })
        yield* until(() => versions().every((version) => version === KILLS + 1) && others().length === 0)
      }),
    KILLS * 15_000
  )
})
