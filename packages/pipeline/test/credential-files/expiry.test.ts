import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"

import { makeCredentialStore } from "../../src/credential-files/credential-store.ts"
import { renewalBeforeExpiry } from "../../src/credential-files/expiry.ts"
import type { StoredCredential } from "../../src/credential-files/stored-credential.ts"
import { authPlugins, credentialDirectory, hostOf } from "./auth-plugin-double.ts"

const minute = 60_000
const since = Date.UTC(2030, 0, 1)

/** A credential of a file with this content that was renewed at the beginning of 2030. */
const credentialWith = Effect.fnUntraced(function* (json: Record<string, unknown>) {
  const directory = yield* credentialDirectory
  directory.put("a.json", { type: "lab", ...json })
  const store = yield* makeCredentialStore(authPlugins({}).plugins)
  yield* store.load({ dir: directory.dir, host: hostOf(directory.dir) })
  return { ...store.find("a.json")!, lastRefresh: new Date(since) } satisfies StoredCredential
})

describe("the time at which a credential says that it expires", () => {
  it.live(
    "is read as RFC 3339 text, as seconds and as milliseconds, and is five minutes ahead of the next renewal",
    () =>
      Effect.gen(function* () {
        const end = since + 60 * minute
        for (const json of [
          { expired: new Date(end).toISOString() },
          { expires_at: end },
          { expires_at: end / 1000 },
          { expiry: String(end / 1000) },
          { expiresAt: "2030-01-01T02:00:00+01:00" }
        ]) {
          assert.strictEqual(renewalBeforeExpiry(yield* credentialWith(json)), end - 5 * minute, JSON.stringify(json))
        }
      })
  )

  it.live("says nothing when it is no time", () =>
    Effect.gen(function* () {
      for (const json of [{}, { expired: true }, { expires_at: "soon" }, { expiry: 0 }, { expires: -1 }]) {
        assert.isUndefined(renewalBeforeExpiry(yield* credentialWith(json)), JSON.stringify(json))
      }
    })
  )

  it.live("never makes a renewal come before half of the token's life, nor after its end", () =>
    Effect.gen(function* () {
      const credential = yield* credentialWith({})
      fc.assert(
        fc.property(fc.integer({ min: -60 * minute, max: 600 * minute }), (life) => {
          const end = since + life
          const at = renewalBeforeExpiry({ ...credential, metadata: { expires_at: end } })
          assert.isDefined(at)
          assert.isAtMost(at, end)
          assert.isAtLeast(at, Math.min(end, since + life / 2))
          assert.isAtLeast(at, end - 5 * minute)
        })
      )
    })
  )
})
