import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { startProxy, temporaryFolder, until } from "../run-proxy.ts"
import { scriptedPlugin } from "../scripted-plugin.ts"

/** How often the proxy is killed. The tests of the pipeline kill what writes the files 200 times. */
const KILLS = Number(process.env["CLIPROXY_KILLS"] ?? 8)

const names = Array.from({ length: 40 }, (_, index) => `c-${index}.json`)

const managementKey = "operators-only"

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
    `demo: true\nauth-dir: creds\nremote-management: {secret-key: ${managementKey}}\n` +
      "plugins:\n  enabled: true\n  dir: plugins\n  configs:\n" +
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
  return { cwd, lab, renewTo, versions, others }
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

/** How one of the credentials is renewed, as the management API has it. */
const renewalOf = ({ url }: { readonly url: string }) =>
  Effect.promise(async () => {
    const response = await fetch(`${url}/v0/management/credentials`, { headers: { "x-management-key": managementKey } })
    const { credentials } = (await response.json()) as {
      readonly credentials: ReadonlyArray<{
        readonly id: string
        readonly renewal: Record<string, string | boolean | null> | null
      }>
    }
    return credentials.find(({ id }) => id === "c-7.json")?.renewal
  })

describe("the management API", () => {
  it.live("tells when a credential was renewed, when it will be, and why it could not be", () =>
    Effect.gen(function* () {
      const { cwd, lab, renewTo, versions } = yield* folderWithExpired
      lab.refuse("auth.refresh", "the provider is down")
      const proxy = yield* startProxy(["--config", "c.yaml"], { cwd })
      const startedAt = Date.now()
      yield* until(() => lab.calls("auth.refresh").length === names.length)
      let renewal = yield* renewalOf(proxy)
      while (renewal?.["last_error"] === null) renewal = yield* renewalOf(proxy)
      assert.deepInclude(renewal, { last_at: null, last_error: "the provider is down", refused: false })
      assert.isAbove(Date.parse(String(renewal?.["next_at"])), startedAt + 60_000)
      yield* Effect.sync(() => proxy.child.kill("SIGKILL"))
      yield* proxy.ended

      renewTo(1)
      const again = yield* startProxy(["--config", "c.yaml"], { cwd })
      yield* until(() => versions().every((version) => version === 1))
      do renewal = yield* renewalOf(again)
      while (renewal?.["last_at"] === null)
      assert.deepInclude(renewal, { last_error: null, refused: false })
      assert.isAtLeast(Date.parse(String(renewal?.["last_at"])), startedAt - 1_000)
    })
  )
})
