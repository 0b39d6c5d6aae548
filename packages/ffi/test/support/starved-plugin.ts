/**
 * Crashes a plugin while this process has no descriptors left, and gives them back once starting it anew has failed
 * several times. Prints what the plugin answers then. For test/isolated-plugin.test.ts.
 */
import { closeSync, openSync } from "node:fs"

import { Effect } from "effect"

import { openIsolatedPlugin } from "../../src/isolated-plugin.ts"
import { callJson, echoHost } from "./conversation.ts"
import { eventually } from "./eventually.ts"

const taken: Array<number> = []

/** Takes all descriptors that are left, but for some. */
const starve = (spared: number) => {
  try {
    for (;;) taken.push(openSync("/dev/null", "r"))
  } catch {
    for (const descriptor of taken.splice(taken.length - spared)) closeSync(descriptor)
  }
}

const program = Effect.gen(function* () {
  let starts = 0
  const plugin = yield* openIsolatedPlugin({
    id: "starved",
    path: process.argv[2] ?? "",
    connectHost: () => {
      starts++
      return { handler: echoHost, end: () => {} }
    },
    restart: { firstDelayMs: 5, maxKilledDelayMs: 5, healthyAfterMs: 0, fuseAfter: 3 }
  })
  for (const spared of [0, 1, 2, 3]) {
    yield* callJson(plugin, "pid")
    starve(spared)
    yield* Effect.flip(callJson(plugin, "abort"))
    // The process that ended has given some back.
    starve(spared)
    const before = starts
    yield* eventually(() => starts >= before + 5)
    for (const descriptor of taken.splice(0)) closeSync(descriptor)
    yield* eventually(() => Effect.map(plugin.stats, ({ pid }) => pid !== undefined))
  }
  console.log(typeof (yield* callJson(plugin, "pid")))
})

await Effect.runPromise(Effect.scoped(program))
