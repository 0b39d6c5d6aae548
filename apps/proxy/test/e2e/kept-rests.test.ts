import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { ask, startProxy, temporaryFolder, until } from "../run-proxy.ts"
import { complete, configFor, startUpstream } from "./upstream.ts"

const managementKey = "operators-only"

/** How many credentials the file holds something about. */
const keptIn = (file: string): number => {
  if (!existsSync(file)) return 0
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return database.prepare("SELECT id FROM credential").all().length
  } catch {
    // It is being made.
    return 0
  } finally {
    database.close()
  }
}

interface ListedCredential {
  readonly id: string
  readonly auth_index: string
  readonly rest: { readonly until: string } | null
  readonly models: ReadonlyArray<{ readonly rest: { readonly until: string } | null }>
}

const manage = ({ url }: { readonly url: string }, path: string, body?: unknown) =>
  Effect.promise(async () => {
    const response = await fetch(`${url}/v0/management/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { "x-management-key": managementKey, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    return (await response.json()) as {
      readonly credentials?: ReadonlyArray<ListedCredential>
      readonly status?: string
    }
  })

/** The credential with the key `key-a`, as the management API lists it. */
const keyA = Effect.fnUntraced(function* (proxy: { readonly url: string }) {
  const { credentials = [] } = yield* manage(proxy, "credentials")
  const found = credentials.find(({ id }) => id.endsWith("key-a"))
  assert.isDefined(found, JSON.stringify(credentials))
  return found
})

/** When the longest rest of a credential ends. */
const restsUntil = ({ models, rest }: ListedCredential): string | undefined =>
  [rest, ...models.map((model) => model.rest)]
    .flatMap((one) => (one === null ? [] : [one.until]))
    .toSorted()
    .at(-1)

describe("a credential that rests for an hour", () => {
  it.live("still does when the proxy was killed and started again, until its rest is cleared", () =>
    Effect.gen(function* () {
      let limited = true
      const upstream = yield* startUpstream(({ authorization }, response) => {
        if (limited && authorization === "Bearer key-a") response.writeHead(429, { "retry-after": "3600" }).end("{}")
        else complete(response, `from ${authorization}`)
      })
      const usesOfA = () => upstream.seen.filter(({ authorization }) => authorization === "Bearer key-a").length
      const cwd = yield* temporaryFolder
      writeFileSync(
        join(cwd, "c.yaml"),
        configFor(upstream.url, ["key-a", "key-b"], `remote-management: {secret-key: ${managementKey}}\n`)
      )
      const start = startProxy(["--config", "c.yaml"], { cwd })

      const endsAt = yield* Effect.scoped(
        Effect.gen(function* () {
          const proxy = yield* start
          for (let request = 0; request < 4; request++) assert.strictEqual((yield* ask(proxy))[0], 200)
          assert.strictEqual(usesOfA(), 1)
          yield* until(() => keptIn(join(cwd, "c.state.sqlite")) > 0)
          const ends = restsUntil(yield* keyA(proxy))
          proxy.child.kill("SIGKILL")
          yield* proxy.ended
          return ends
        })
      )
      assert.isAbove(Date.parse(endsAt ?? ""), Date.now() + 3_000_000)

      const proxy = yield* start
      for (let request = 0; request < 6; request++) {
        const [status, text] = yield* ask(proxy)
        assert.strictEqual(status, 200)
        assert.include(text, "from Bearer key-b")
      }
      assert.strictEqual(usesOfA(), 1)
      const resting = yield* keyA(proxy)
      assert.strictEqual(restsUntil(resting), endsAt)

      limited = false
      assert.deepInclude(yield* manage(proxy, "reset-quota", { auth_index: resting.auth_index }), { status: "ok" })
      for (let request = 0; request < 6; request++) assert.strictEqual((yield* ask(proxy))[0], 200)
      assert.isAbove(usesOfA(), 1)
      assert.isUndefined(restsUntil(yield* keyA(proxy)))
    })
  )
})
