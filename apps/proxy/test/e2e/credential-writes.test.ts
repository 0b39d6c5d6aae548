import { mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from "node:fs"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { startCli, startProxy, temporaryFolder, until } from "../run-proxy.ts"
import { scriptedPlugin } from "../scripted-plugin.ts"

const KILLS = 200

/** Proxies that are killed beside each other, each with a folder of its own. */
const PROXIES = 4

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
    `auth-dir: creds\nremote-management: {secret-key: ${managementKey}}\n` +
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
      const whole = { type: "lab", note: `of ${name}`, expired: json["expired"], ...tokenOf(version) }
      // Thousands of files are read: the assertion's own comparison takes longer than a proxy to start.
      if (!isDeepStrictEqual(json, whole)) assert.deepStrictEqual(json, whole)
      return version
    })
  const others = (): ReadonlyArray<string> => readdirSync(creds).filter((name) => !names.includes(name))
  const halves = (): ReadonlyArray<string> => others().filter((name) => !isLock(name))
  return { creds, cwd, halves, lab, renewTo, versions, others }
})

/** The lock of a renewal. A proxy that is killed leaves as many as it had renewals under way. */
const isLock = (name: string): boolean => /\.lock(?:\.removal)?(?:\.[0-9a-f-]{36}\.tmp)?$/.test(name)

/** How often a folder has changed so far, but for locks; may be waited for. */
const watchFolder = (folder: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const seen = { changes: 0, notify: () => {} }
        const watcher = watch(folder, (_, name) => {
          if (name !== null && isLock(name)) return
          seen.changes++
          seen.notify()
        })
        return { seen, watcher }
      }),
      ({ watcher }) => Effect.sync(() => watcher.close())
    ),
    ({ seen }) => ({
      changed: (times: number) =>
        Effect.callback<void>((resume) => {
          seen.notify = () => {
            if (seen.changes >= times) resume(Effect.void)
          }
          seen.notify()
        })
    })
  )

/** What came of killing one proxy again and again. */
interface Kills {
  /** Kills after which some of the files were renewed and others not. */
  readonly between: number
  /** Kills that left the temporary file of a write that had begun. */
  readonly within: number
}

/** Each life of a proxy ends after so many changes of the folder: one of forty renewals makes at least two. */
const changesOf = (life: number): number => 1 + ((life * 17) % 30)

const killAgainAndAgain = (kills: number) =>
  Effect.gen(function* () {
    const { creds, cwd, halves, others, renewTo, versions } = yield* folderWithExpired
    const renewAll = Effect.fnUntraced(function* (version: number) {
      renewTo(version)
      const proxy = yield* startProxy(["--config", "c.yaml"], { cwd })
      yield* until(() => versions().every((found) => found === version) && others().length === 0)
      proxy.child.kill("SIGTERM")
      yield* proxy.ended
    }, Effect.scoped)
    // A life to its regular end, which also lets Node keep what it compiles for the two hundred that follow.
    yield* renewAll(1)
    let [between, within] = [0, 0]
    let before = versions()
    for (let life = 2; life < kills + 2; life++) {
      renewTo(life)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { changed } = yield* watchFolder(creds)
          const proxy = yield* startCli(["serve", "--port", "0", "--config", "c.yaml"], { cwd })
          const early = Effect.flatMap(proxy.ended, ({ stderr }) => Effect.die(`the proxy ended by itself: ${stderr}`))
          yield* Effect.raceFirst(changed(changesOf(life)), early)
          proxy.child.kill("SIGKILL")
          yield* proxy.ended
        })
      )
      const after = versions()
      for (const [index, version] of after.entries()) {
        assert.isAtLeast(version, before[index] ?? 0, names[index])
        assert.isAtMost(version, life, names[index])
      }
      if (after.includes(life) && after.some((version) => version < life)) between++
      // Writes follow each other: at most the last one was cut off, and what earlier lives left is gone.
      assert.isAtMost(halves().length, 1, others().join())
      within += halves().length
      before = after
    }

    yield* renewAll(kills + 2)
    return { between, within } satisfies Kills
  }).pipe(Effect.scoped)

describe(`a proxy that is killed ${KILLS} times while a plugin renews its credentials`, () => {
  it.live(
    "finds every credential whole when it starts again, the old one or the new one, and clears what was left",
    () =>
      Effect.gen(function* () {
        const torture = Array.from({ length: PROXIES }, () => killAgainAndAgain(KILLS / PROXIES))
        const came = yield* Effect.all(torture, { concurrency: "unbounded" })
        const between = came.reduce((sum, kills) => sum + kills.between, 0)
        const within = came.reduce((sum, kills) => sum + kills.within, 0)
        yield* Effect.logInfo(`${KILLS} kills: ${between} between two renewals, ${within} of them within a write`)
        // Or this would show nothing.
        assert.isAbove(between, KILLS / 10)
        assert.isAbove(within, 0)
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
