/**
 * A gateway's share in credentials: `renew-when-told.ts FOLDER TOKEN_URL`. Renews the credential that a line of its
 * standard input names, with the token server, and answers with a line that says how that ended. Says `ready` first.
 */
import { Effect } from "effect"
import { createInterface } from "node:readline"

import { makeCredentialStore } from "../../../src/credential-files/credential-store.ts"
import { makeCredentialRefresh } from "../../../src/credential-files/refresh.ts"
import { makeCallbackScopes } from "../../../src/plugin-host/callback-scopes.ts"
import { refused } from "../../plugin-double.ts"
import { authPlugins, fromBase64, hostOf, inBase64, owning } from "../auth-plugin-double.ts"

const [, , dir = "", tokenUrl = ""] = process.argv

// Whoever has started it may be killed.
process.stdin.once("close", () => process.exit())

const renew = ({ StorageJSON }: Record<string, unknown>) =>
  Effect.gen(function* () {
    const { refresh_token } = fromBase64(StorageJSON)
    const response = yield* Effect.promise(() => fetch(tokenUrl, { method: "POST", body: String(refresh_token) }))
    if (response.status !== 200) return yield* refused("revoked", "the refresh token was used before", 401)
    const renewed = yield* Effect.promise(() => response.json())
    return { Auth: { StorageJSON: inBase64(renewed), Metadata: renewed } }
  })

const { plugins } = authPlugins({
  lab: owning("lab", {
    "auth.parse": ({ RawJSON }) => ({ Handled: true, Auth: { StorageJSON: RawJSON } }),
    "auth.refresh": renew
  })
})

const program = Effect.gen(function* () {
  const store = yield* makeCredentialStore(plugins)
  yield* store.load({ dir, host: hostOf(dir) })
  const { refresh } = yield* makeCredentialRefresh({ store, plugins, scopes: makeCallbackScopes() })
  process.stdout.write("ready\n")
  const lines = createInterface({ input: process.stdin })
  lines.on("line", (id) => {
    void Effect.runPromise(refresh(id)).then((outcome) => process.stdout.write(`${outcome}\n`))
  })
  return yield* Effect.never
})

await Effect.runPromise(Effect.scoped(program))
