/** Whom a request waits for: a provider, or its turn. */
type Whom = "queue" | "provider"

/**
 * Where the time of a request goes until its answer begins, in milliseconds on a clock that does not jump and is finer
 * than a millisecond. What nobody else is to blame for is the gateway's own.
 */
export interface TimeSpent {
  /** When all of the request had been read; see {@link presentTime}. */
  readonly receivedAt: number
  /** In line for a credential with room, and between two rounds. */
  queueMs: number
  /** Waiting for providers that have failed. */
  failedMs: number
  /** Waiting for the provider that has answered. */
  providerMs: number
  /** Whom it waits for now, and since when. */
  waiting: { readonly whom: Whom; readonly since: number } | undefined
  /** When the answer began, or the request ended without one. */
  answeredAt: number | undefined
}

/** The present, on the clock of {@link TimeSpent}. */
export const presentTime = (): number => performance.now()

/** Begins with a request that was read at `receivedAt`. */
export const beginTimeSpent = (receivedAt: number): TimeSpent => ({
  receivedAt,
  queueMs: 0,
  failedMs: 0,
  providerMs: 0,
  waiting: undefined,
  answeredAt: undefined
})

/** From now on the request waits. A wait that is under way ends. */
export const waitFor = (spent: TimeSpent, whom: Whom): void => {
  if (spent.answeredAt !== undefined) return
  endWait(spent)
  spent.waiting = { whom, since: presentTime() }
}

/** The request waits no longer. `failed`: it was for a provider that has failed. */
export const endWait = (spent: TimeSpent, failed = false): void => {
  const { waiting } = spent
  if (waiting === undefined) return
  spent.waiting = undefined
  const ms = presentTime() - waiting.since
  if (waiting.whom === "queue") spent.queueMs += ms
  else if (failed) spent.failedMs += ms
  else spent.providerMs += ms
}

/** The answer begins, or there is none. What comes later is not counted. */
export const endTimeSpent = (spent: TimeSpent): void => {
  if (spent.answeredAt !== undefined) return
  endWait(spent)
  spent.answeredAt = presentTime()
}

/** What the gateway itself has taken so far. */
export const gatewayMs = ({ answeredAt, failedMs, providerMs, queueMs, receivedAt, waiting }: TimeSpent): number =>
  (answeredAt ?? waiting?.since ?? presentTime()) - receivedAt - queueMs - failedMs - providerMs
