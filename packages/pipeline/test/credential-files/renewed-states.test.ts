import { AuthData, zeroValue } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { existsSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { makeCredentialStore } from "../../src/credential-files/credential-store.ts"
import { storedJson } from "../../src/credential-files/stored-credential.ts"
import {
  authPlugins,
  credentialDirectory,
  type CredentialDirectory,
  hostOf,
  inBase64,
  owning
} from "./auth-plugin-double.ts"

interface Account {
  readonly id: string
  readonly token: string
}

/** Finds a credential for each account of a file. */
const accounts = () =>
  authPlugins({
    lab: owning("lab", {
      "auth.parse": ({ RawJSON }) => {
        const { accounts: found } = JSON.parse(Buffer.from(String(RawJSON), "base64").toString()) as {
          readonly accounts: ReadonlyArray<Account>
        }
        return { Handled: true, Auths: found.map(({ id, token }) => ({ ID: id, StorageJSON: inBase64({ token }) })) }
      }
    })
  })

const file = (...found: ReadonlyArray<Account>) => ({ type: "lab", accounts: found })

const FILE = file({ id: "one", token: "one-1" }, { id: "two", token: "two-1" })

/** A store as one run of the gateway has it. */
const open = Effect.fnUntraced(function* (directory: CredentialDirectory) {
  const store = yield* makeCredentialStore(accounts().plugins)
  const load = store.load({ dir: directory.dir, host: hostOf(directory.dir) })
  yield* load
  const renew = (id: string, token: string) =>
    store.update(
      id,
      {
        ...zeroValue(AuthData),
        StorageJSON: Buffer.from(JSON.stringify({ token })),
        NextRefreshAfter: new Date(99_000)
      },
      { maps: "replace" }
    )
  const tokens = () => store.credentials().map((one) => String(storedJson(one)["token"]))
  return { load, renew, store, tokens }
})

describe("what is renewed of one of several credentials of a file", () => {
  it.live("is kept beside the file, and holds after a reload and a restart", () =>
    Effect.gen(function* () {
      const directory = yield* credentialDirectory
      directory.put("a.json", FILE)
      const before = directory.text("a.json")
      const first = yield* open(directory)
      yield* first.renew("one", "one-2")
      yield* first.renew("two", "two-2")
      yield* first.renew("two", "two-3")
      assert.strictEqual(directory.text("a.json"), before)
      assert.strictEqual(directory.mode("a.json.renewed"), "600")
      yield* first.load
      assert.deepStrictEqual(first.tokens(), ["one-2", "two-3"])
      const second = yield* open(directory)
      assert.deepStrictEqual(second.tokens(), ["one-2", "two-3"])
      assert.deepStrictEqual(second.store.find("one")?.nextRefreshAfter, new Date(99_000))
    })
  )

  it.live("gives way to what is written anew in the file, of each credential on its own", () =>
    Effect.gen(function* () {
      const directory = yield* credentialDirectory
      directory.put("a.json", FILE)
      const { load, renew, tokens } = yield* open(directory)
      yield* renew("one", "one-2")
      yield* renew("two", "two-2")
      directory.put("a.json", file({ id: "one", token: "one-anew" }, { id: "two", token: "two-1" }))
      yield* load
      assert.deepStrictEqual(tokens(), ["one-anew", "two-2"])
      yield* renew("one", "one-3")
      yield* load
      assert.deepStrictEqual(tokens(), ["one-3", "two-2"])
    })
  )

  it.live("is left out when what was kept cannot be read", () =>
    Effect.gen(function* () {
      const directory = yield* credentialDirectory
      directory.put("a.json", FILE)
      for (const text of ["{", "[]", '{"one": 7, "two": {"record": 1}}']) {
        writeFileSync(join(directory.dir, "a.json.renewed"), text)
        const { tokens } = yield* open(directory)
        assert.deepStrictEqual(tokens(), ["one-1", "two-1"])
      }
    })
  )

  it.effect("is removed some time after its file, and not when the file is replaced", () =>
    Effect.gen(function* () {
      const directory = yield* credentialDirectory
      directory.put("a.json", FILE)
      const kept = join(directory.dir, "a.json.renewed")
      const { renew, tokens } = yield* open(directory)
      yield* renew("one", "one-2")
      rmSync(join(directory.dir, "a.json"))
      // The file system tells of changes; the clock stands still meanwhile, so that nothing counts as gone for long.
      const moment = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5)))
      while (tokens().length > 0) yield* moment
      directory.put("a.json", FILE)
      while (tokens().length === 0) yield* moment
      assert.deepStrictEqual(tokens(), ["one-2", "two-1"])
      rmSync(join(directory.dir, "a.json"))
      while (existsSync(kept)) yield* Effect.andThen(TestClock.adjust("1 second"), moment)
      assert.isEmpty(tokens())
    })
  )
})
