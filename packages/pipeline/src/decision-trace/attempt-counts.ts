/** The last failure of a credential. */
export interface LastError {
  /** In milliseconds since the epoch. */
  readonly at: number
  readonly model: string
  /** The provider's status; absent when the connection or the answer broke. */
  readonly status?: number
  /** Redacted and short. */
  readonly message: string
  /** The request whose attempt it was. */
  readonly requestId: string
}

/** How the attempts with one credential have ended. */
export interface AttemptCount {
  readonly succeeded: number
  /** Attempts after which another credential was worth a try. */
  readonly failed: number
  /** Attempts that the provider refused because of the request itself (400, 409, 413, 422). */
  readonly requestFaults: number
  /** Attempts that were given up: the client went away. */
  readonly abandoned: number
  /** Failed attempts and request faults by status; `broken` where there was none, `other` for what is no HTTP status. */
  readonly statuses: ReadonlyMap<string, number>
  readonly lastError: LastError | undefined
}

/** What an attempt came to, for the counts. */
export type CountedResult = "succeeded" | "failed" | "requestFaults" | "abandoned"

/** Counts attempts by credential, since the gateway began. Requests count once for each attempt that they needed. */
export interface AttemptCounts {
  readonly count: (id: string, result: CountedResult) => void
  /** Keeps the failure of an attempt that is counted as well. */
  readonly failed: (id: string, error: LastError) => void
  readonly of: (id: string) => AttemptCount
  readonly all: () => Iterable<readonly [string, AttemptCount]>
  /** Forgets the credentials that are not in `ids`. */
  readonly retain: (ids: ReadonlySet<string>) => void
}

interface Counting extends Record<CountedResult, number> {
  readonly statuses: Map<string, number>
  lastError: LastError | undefined
}

const none = (): Counting => ({
  succeeded: 0,
  failed: 0,
  requestFaults: 0,
  abandoned: 0,
  statuses: new Map(),
  lastError: undefined
})

/** Makes counts that begin at zero. */
export const makeAttemptCounts = (): AttemptCounts => {
  const counted = new Map<string, Counting>()
  const entry = (id: string): Counting => {
    let counting = counted.get(id)
    if (counting === undefined) counted.set(id, (counting = none()))
    return counting
  }
  return {
    count: (id, result) => {
      entry(id)[result]++
    },
    failed: (id, error) => {
      const counting = entry(id)
      const status = statusText(error.status)
      counting.statuses.set(status, (counting.statuses.get(status) ?? 0) + 1)
      counting.lastError = error
    },
    of: (id) => counted.get(id) ?? none(),
    all: () => counted,
    retain: (ids) => {
      for (const id of counted.keys()) if (!ids.has(id)) counted.delete(id)
    }
  }
}

/** Plugins may claim any status, and each one takes room. */
const statusText = (status: number | undefined): string =>
  status === undefined ? "broken" : status >= 100 && status <= 599 ? String(status) : "other"
