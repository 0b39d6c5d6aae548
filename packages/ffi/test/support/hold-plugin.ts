/** Opens a plugin in a process of its own, prints that process's ID, and stays. For test/isolated-plugin.test.ts. */
import { Effect } from "effect"

import { openIsolatedPlugin } from "../../src/isolated-plugin.ts"
import { echoHost } from "./conversation.ts"

// A plugin without work does not keep this process.
setInterval(() => {}, 60_000)

const program = Effect.gen(function* () {
  const plugin = yield* openIsolatedPlugin({ id: "held", path: process.argv[2] ?? "", onHostCall: echoHost })
  console.log((yield* plugin.stats).pid)
  return yield* Effect.never
})

await Effect.runPromise(Effect.scoped(program))
