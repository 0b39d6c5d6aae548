import type { AttemptOutcome } from "../../src/index.ts"

/** A time in which a credential fails, in milliseconds of virtual time. */
export interface Fault {
  readonly from: number
  readonly to: number
  /** A status, with or without a hint how long the fault lasts; or no connection. */
  readonly kind: "429 with hint" | 401 | 429 | 500 | 503 | 529 | "no connection"
}

/** So many requests in every window; the others get a 429. */
export interface QuotaWindow {
  readonly requests: number
  readonly windowMs: number
  readonly hint: boolean
  /** The provider forgets what was used, long before the window ends. */
  readonly earlyResetAt?: number
}

/** How a provider treats one credential. */
export interface Behaviour {
  /** How long an answer takes, in milliseconds: from, to. */
  readonly latency: readonly [number, number]
  readonly faults: ReadonlyArray<Fault>
  readonly quota?: QuotaWindow
}

/** The provider's side of one credential. */
export interface ProviderSide {
  /** What an attempt that begins now leads to, and after how many milliseconds. */
  readonly answer: (now: number, random: number) => readonly [afterMs: number, outcome: AttemptOutcome]
  /** Since when an attempt would have been served without a break, `undefined` when it would not be. */
  readonly healthySince: (now: number) => number | undefined
}

/** A fault is noticed quickly. */
const failsAfterMs = 20

export const makeProviderSide = ({ faults, latency: [least, most], quota }: Behaviour): ProviderSide => {
  let window = -1
  let used = 0
  let wasReset = false
  let fullSince = 0

  const enter = (now: number): void => {
    if (quota === undefined) return
    const current = Math.floor(now / quota.windowMs)
    const resets = !wasReset && quota.earlyResetAt !== undefined && now >= quota.earlyResetAt
    if (resets) wasReset = true
    if (current === window && !resets) return
    if (used >= quota.requests) fullSince = resets ? (quota.earlyResetAt ?? now) : current * quota.windowMs
    window = current
    used = 0
  }
  const faultAt = (now: number): Fault | undefined => faults.find(({ from, to }) => from <= now && now < to)

  return {
    answer: (now, random) => {
      enter(now)
      const fault = faultAt(now)
      if (fault?.kind === "no connection") return [failsAfterMs, { _tag: "Unreachable" }]
      if (fault !== undefined) {
        const status = fault.kind === "429 with hint" ? 429 : fault.kind
        const retryAfterMs = fault.kind === "429 with hint" ? fault.to - now - failsAfterMs : undefined
        return [failsAfterMs, { _tag: "Refused", status, retryAfterMs }]
      }
      if (quota !== undefined && used >= quota.requests) {
        const retryAfterMs = quota.hint ? (window + 1) * quota.windowMs - now - failsAfterMs : undefined
        return [failsAfterMs, { _tag: "Refused", status: 429, retryAfterMs }]
      }
      used++
      return [least + random * (most - least), { _tag: "Succeeded" }]
    },
    healthySince: (now) => {
      enter(now)
      if (faultAt(now) !== undefined || (quota !== undefined && used >= quota.requests)) return undefined
      return Math.max(fullSince, ...faults.filter(({ to }) => to <= now).map(({ to }) => to))
    }
  }
}
