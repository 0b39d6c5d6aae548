import { type AffinityCounts, makeSessionAffinity, type PickSession, type SessionAffinity } from "@cliproxy/scheduler"

import type { GatewaySettings } from "../settings.ts"
import { type Asked, sessionKey } from "./session-key.ts"

/** Which credential served which session last, under settings that may change. */
export interface Sessions {
  /** Takes over settings, and forgets the bindings to credentials that are not in `ids`. `now` is in Unix milliseconds. */
  readonly configure: (
    settings: GatewaySettings["sessionAffinity"],
    ids: { readonly has: (id: string) => boolean },
    now: number
  ) => void
  /** The session of a request for a model; `undefined` when sessions are not looked at, or it has none. */
  readonly of: (request: Asked, model: string) => PickSession | undefined
  /** What has happened so far; `undefined` while sessions are not looked at. */
  readonly counts: () => AffinityCounts | undefined
}

/** Bindings that are kept: some 20 MB of memory. */
const MAX_BINDINGS = 100_000

/** Looks at no session until it is configured. */
export const makeSessions = (): Sessions => {
  let affinity: SessionAffinity | undefined
  let ttlMs: number | undefined
  return {
    configure: (settings, ids, now) => {
      if (settings?.ttlMs !== ttlMs) {
        const before = affinity?.snapshot() ?? []
        ttlMs = settings?.ttlMs
        affinity = ttlMs === undefined ? undefined : makeSessionAffinity({ ttlMs, maxBindings: MAX_BINDINGS })
        affinity?.restore(before, now)
      }
      const gone = new Set((affinity?.snapshot() ?? []).flatMap(({ id }) => (ids.has(id) ? [] : [id])))
      for (const id of gone) affinity?.forget(id)
    },
    of: (request, model) => {
      if (affinity === undefined) return undefined
      const session = sessionKey(request)
      return session === undefined ? undefined : { affinity, session, model }
    },
    counts: () => affinity?.counts()
  }
}
