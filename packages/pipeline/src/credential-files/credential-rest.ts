import type { Pool } from "@cliproxy/scheduler"

/** One route that credentials are chosen for: only what tells whom it may choose. */
interface Choice {
  readonly targets: ReadonlyMap<string, unknown>
}

/**
 * Until when a credential rests, in milliseconds since the epoch: `Infinity` when no time is known, `undefined` while
 * there is a model that it may be tried for.
 */
export type CredentialRest = (id: string, now: number) => number | undefined

/**
 * Reads rests from the pools of all routes. A credential rests when it does so for every model that it serves; the
 * first of them to end is when it is tried again.
 */
export const credentialRest =
  <Route extends Choice>(routes: () => Iterable<Route>, poolOf: (route: Route) => Pool): CredentialRest =>
  (id, now) => {
    let first: number | undefined
    for (const route of routes()) {
      if (!route.targets.has(id)) continue
      const until = poolOf(route).get(id)?.block?.until
      if (until === undefined || until <= now) return undefined
      first = Math.min(first ?? Infinity, until)
    }
    return first
  }
