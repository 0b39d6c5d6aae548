import type { PickOptions, Pool } from "./pool.ts"
import type { SlotState } from "./tier.ts"

/** How long and how many bindings are kept. */
export interface AffinityOptions {
  /** A binding ends so long after its last use. In milliseconds. */
  readonly ttlMs: number
  /** Most bindings; the one that was used longest ago makes room. */
  readonly maxBindings: number
  /** Goes back to a higher tier once it has somebody ready. Default true. */
  readonly failBack?: boolean | undefined
}

/** One session's use of one model. */
export interface SessionUse {
  /** Tells sessions apart: made by the caller, and a hash where it was made from something private. */
  readonly session: string
  readonly model: string
}

/** A session's credential, as plain data that can be kept over a restart. */
export interface Binding extends SessionUse {
  /** Credential ID. */
  readonly id: string
  /** When it was last used, in milliseconds since the epoch. */
  readonly usedAt: number
}

/** What has happened so far, and what there is. */
export interface AffinityCounts {
  /** Sessions that have a binding. */
  readonly sessions: number
  readonly bindings: number
  /** Picks that found the session's credential ready. */
  readonly hits: number
  /** Picks of sessions without a binding, or whose credential could not serve. */
  readonly misses: number
  /** Misses because a higher tier had somebody ready again. */
  readonly failBacks: number
}

/**
 * Which credential each session was served by, for providers that keep a prompt cache per credential. A preference over
 * any strategy, never a pin: it counts only while the credential is ready. Synchronous, without a clock.
 *
 * A credential that goes takes nobody else's sessions with it: only those that were bound to it are bound anew.
 */
export interface SessionAffinity {
  /**
   * Options for a pick that prefers the session's credential, from those of the pick without affinity.
   * Counts nothing and moves nothing, so that it can be used to explain.
   */
  readonly prefer: (use: SessionUse, options: PickOptions) => PickOptions
  /**
   * Takes in who was picked, before it is acquired: counts a hit or a miss, and binds the session to it unless the
   * session's own credential is only busy at this moment.
   */
  readonly picked: (use: SessionUse, pool: Pool, options: PickOptions, id: string) => void
  /** Ends a binding, if it is still the one to `id`: its credential failed. */
  readonly failed: (use: SessionUse, id: string) => void
  /** Ends all bindings to a credential: it was removed. */
  readonly forget: (id: string) => void
  readonly counts: () => AffinityCounts
  /** All bindings, the one used longest ago first. */
  readonly snapshot: () => ReadonlyArray<Binding>
  /** Takes in bindings that were kept, in that order. */
  readonly restore: (bindings: Iterable<Binding>, now: number) => void
}

/** Makes a {@link SessionAffinity} without bindings. Throws `RangeError` when a number is out of range. */
export const makeSessionAffinity = ({ failBack = true, maxBindings, ttlMs }: AffinityOptions): SessionAffinity => {
  if (!(ttlMs > 0)) throw new RangeError(`session affinity: a time to live of ${ttlMs} ms is not above 0`)
  if (!(maxBindings >= 1)) throw new RangeError(`session affinity: ${maxBindings} bindings are fewer than 1`)
  // In order of their last use: a used one is put in anew.
  const bindings = new Map<string, Binding>()
  const sessions = new Map<string, number>()
  let hits = 0
  let misses = 0
  let failBacks = 0

  const drop = (key: string): void => {
    const binding = bindings.get(key)
    if (binding === undefined) return
    bindings.delete(key)
    const left = (sessions.get(binding.session) ?? 1) - 1
    if (left === 0) sessions.delete(binding.session)
    else sessions.set(binding.session, left)
  }

  const bind = (key: string, binding: Binding): void => {
    drop(key)
    bindings.set(key, binding)
    sessions.set(binding.session, (sessions.get(binding.session) ?? 0) + 1)
    const [oldest] = bindings.keys()
    if (bindings.size > maxBindings && oldest !== undefined) drop(oldest)
  }

  const dropExpired = (now: number): void => {
    for (const [key, { usedAt }] of bindings) {
      if (usedAt + ttlMs > now) return
      drop(key)
    }
  }

  const bindingOf = (use: SessionUse, now: number): Binding | undefined => {
    const binding = bindings.get(keyOf(use))
    return binding !== undefined && binding.usedAt + ttlMs > now ? binding : undefined
  }

  return {
    prefer: (use, options) => {
      const binding = bindingOf(use, options.now)
      return binding === undefined ? options : { ...options, prefer: binding.id, preferAcrossTiers: !failBack }
    },
    picked: (use, pool, { now, tried }, id) => {
      dropExpired(now)
      const binding = bindingOf(use, now)
      const key = keyOf(use)
      if (binding?.id === id) {
        hits++
        bind(key, { ...binding, usedAt: now })
        return
      }
      misses++
      const own = binding === undefined ? undefined : pool.get(binding.id)
      const tier = pool.get(id)?.candidate.priority ?? 0
      if (own?.state === "ready" && tier > own.candidate.priority && tried?.has(own.candidate.id) !== true) failBacks++
      if (binding !== undefined && isBusy(own?.state)) bind(key, { ...binding, usedAt: now })
      else bind(key, { session: use.session, model: use.model, id, usedAt: now })
    },
    failed: (use, id) => {
      const key = keyOf(use)
      if (bindings.get(key)?.id === id) drop(key)
    },
    forget: (id) => {
      for (const [key, binding] of bindings) if (binding.id === id) drop(key)
    },
    counts: () => ({ sessions: sessions.size, bindings: bindings.size, hits, misses, failBacks }),
    snapshot: () => [...bindings.values()],
    restore: (kept, now) => {
      for (const { id, model, session, usedAt } of kept) {
        if (usedAt <= now && usedAt + ttlMs > now) bind(keyOf({ session, model }), { session, model, id, usedAt })
      }
    }
  }
}

const keyOf = ({ model, session }: SessionUse): string => `${session.length}:${session}${model}`

/** What keeps a credential from serving for a moment, but says nothing against it. */
const isBusy = (state: SlotState | undefined): boolean => state === "full" || state === "held" || state === "probing"
