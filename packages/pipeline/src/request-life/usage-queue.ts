import { usageHandle, type UsageRecord } from "@cliproxy/abi"
import { Effect } from "effect"

import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import type { Background } from "./background.ts"
import type { CallHook } from "./hook-calls.ts"

/** Records that wait for their plugins; one more is dropped. */
const QUEUE_LIMIT = 1_000

/** Brings usage records to the plugins that want them. */
export interface UsageQueue {
  /** Takes a record for these plugins. Never waits. */
  readonly add: (record: UsageRecord, plugins: ReadonlyArray<ActivePlugin>) => void
}

/**
 * Makes the queue. One worker delivers one record after another, each to all of its plugins in turn, so that a slow
 * plugin delays the others and never a client. Failures are ignored; records that find the queue full are dropped, and
 * that is told once until there is room again. Source: plugin ABI, usage.
 */
export const makeUsageQueue = (callHook: CallHook, background: Background, deadlineMs: number): UsageQueue => {
  const waiting: Array<{ readonly record: UsageRecord; readonly plugins: ReadonlyArray<ActivePlugin> }> = []
  let working = false
  let full = false

  const work = Effect.gen(function* () {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      full = false
      const { plugins, record } = next
      for (const plugin of plugins) {
        yield* callHook({ plugin, contract: usageHandle, request: () => record, deadlineMs, onFailure: "silent" })
      }
    }
  }).pipe(
    Effect.onExit(() =>
      Effect.sync(() => {
        working = false
      })
    )
  )

  return {
    add: (record, plugins) => {
      if (waiting.length >= QUEUE_LIMIT) {
        if (!full) {
          background.run(Effect.logWarning(`${QUEUE_LIMIT} usage records wait for plugins; further ones are dropped`))
        }
        full = true
        return
      }
      waiting.push({ record, plugins })
      if (working) return
      working = true
      background.run(work)
    }
  }
}
