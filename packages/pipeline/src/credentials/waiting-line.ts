import { makeWaitQueue, type Pool, type WaitQueue } from "@cliproxy/scheduler"

import { PATIENCE_MS } from "./credential-use.ts"
import type { QueueSettings } from "../settings.ts"

/** The requests that wait for a credential that is only busy, under settings that may change. */
export interface WaitingLine extends Pick<WaitQueue, "run" | "size"> {
  /** Takes over settings. Who waits already goes on waiting as it began. */
  readonly configure: (settings: QueueSettings) => void
  /** A credential may serve more, in any of `pools`; they are asked for only when somebody waits. */
  readonly freed: (pools: () => Iterable<Pool>) => void
}

/**
 * Whatever the settings are: one request that finds out about an only credential is no outage for all others. They wait
 * as long as its provider may be silent before it counts as answering.
 */
const PROBE_ROOM = { maxWaiters: 100, waitMs: PATIENCE_MS } as const

/** Makes a line in which nobody may wait, but for the verdict of a probe, until it is configured. */
export const makeWaitingLine = (): WaitingLine => {
  let current: QueueSettings = { limit: 0, waitMs: 0 }
  let queue = makeWaitQueue({ maxWaiters: 0, waitMs: 0, probeRoom: PROBE_ROOM })
  /** Those of earlier settings, until they are empty. */
  let earlier: ReadonlyArray<WaitQueue> = []
  return {
    run: (pool, attempt) => queue.run(pool, attempt),
    size: () => earlier.reduce((sum, one) => sum + one.size(), queue.size()),
    configure: (settings) => {
      if (settings.limit === current.limit && settings.waitMs === current.waitMs) return
      earlier = [...earlier, queue].filter((one) => one.size() > 0)
      current = settings
      queue = makeWaitQueue({ maxWaiters: settings.limit, waitMs: settings.waitMs, probeRoom: PROBE_ROOM })
    },
    freed: (pools) => {
      for (const one of earlier) if (one.size() > 0) one.freed(pools())
      // Also when nobody waits: somebody may be about to, and must not fall asleep over this.
      queue.freed(queue.size() === 0 ? [] : pools())
    }
  }
}
