/** Requests of ten minutes. */
export interface RequestSpan {
  /** Milliseconds since 1970. */
  readonly startsAt: number
  readonly success: number
  readonly failed: number
}

/** How many requests credentials have served, and failed to, since the gateway started. */
export interface RequestCounts {
  /** Counts a request. `now` is in milliseconds since 1970. */
  readonly count: (id: string, ok: boolean, now: number) => void
  readonly total: (id: string) => { readonly success: number; readonly failed: number }
  /** The last 20 spans of ten minutes, the oldest first; empty for a credential that has served none. */
  readonly recent: (id: string, now: number) => ReadonlyArray<RequestSpan>
  /** Forgets the credentials that are not in `ids`. */
  readonly retain: (ids: ReadonlySet<string>) => void
}

/** Length of a span in milliseconds. */
export const SPAN_MS = 10 * 60_000
const SPANS = 20

interface Counted {
  success: number
  failed: number
  /** By number of the span since 1970. */
  readonly spans: Map<number, { success: number; failed: number }>
}

/** Makes counters that start at zero. Source: plugin ABI, `host.auth.list`. */
export const makeRequestCounts = (): RequestCounts => {
  const counted = new Map<string, Counted>()
  return {
    count: (id, ok, now) => {
      let counts = counted.get(id)
      if (counts === undefined) counted.set(id, (counts = { success: 0, failed: 0, spans: new Map() }))
      const number = Math.floor(now / SPAN_MS)
      let span = counts.spans.get(number)
      if (span === undefined) {
        for (const old of counts.spans.keys()) if (old <= number - SPANS) counts.spans.delete(old)
        counts.spans.set(number, (span = { success: 0, failed: 0 }))
      }
      const key = ok ? "success" : "failed"
      counts[key]++
      span[key]++
    },
    total: (id) => {
      const { failed = 0, success = 0 } = counted.get(id) ?? {}
      return { success, failed }
    },
    recent: (id, now) => {
      const counts = counted.get(id)
      if (counts === undefined) return []
      const first = Math.floor(now / SPAN_MS) - SPANS + 1
      return Array.from({ length: SPANS }, (_, index) => {
        const { failed = 0, success = 0 } = counts.spans.get(first + index) ?? {}
        return { startsAt: (first + index) * SPAN_MS, success, failed }
      })
    },
    retain: (ids) => {
      for (const id of counted.keys()) if (!ids.has(id)) counted.delete(id)
    }
  }
}
