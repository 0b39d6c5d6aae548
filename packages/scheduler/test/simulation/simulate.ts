import { Result } from "effect"
import { bottleneckOf, decide, explain, makeCredentialLedger, makePool } from "../../src/index.ts"
import type { AttemptOutcome, Candidate, DecisionTrace, Lease, Strategy } from "../../src/index.ts"
import { heapAdd, type HeapItem, heapRemove, type MinHeap } from "../../src/min-heap.ts"
import { type Behaviour, makeProviderSide, type ProviderSide } from "./provider.ts"
import { makeRandom } from "./random.ts"

export interface Scenario {
  readonly seed: number
  readonly strategy: Strategy
  readonly credentials: ReadonlyArray<readonly [Candidate, Behaviour]>
  /** Requests come at random times over so many milliseconds. */
  readonly durationMs: number
  readonly requests: number
  /** Rounds after the first, and how long one may wait for the next, in milliseconds. */
  readonly rounds: number
  readonly maxIntervalMs: number
  /** How long a request may wait for another one's end, in milliseconds. */
  readonly waitMs: number
}

export interface Attempt {
  readonly request: number
  readonly id: string
  readonly at: number
  readonly probe: boolean
  readonly inFlight: number
  readonly trace: DecisionTrace
  outcome: AttemptOutcome | undefined
}

/** A request that the client saw fail, and what was known at that moment. */
export interface Failure {
  readonly request: number
  readonly at: number
  readonly trace: DecisionTrace
  /** Since when each credential would really have served it, `undefined` for those that would not. */
  readonly healthySince: ReadonlyMap<string, number | undefined>
}

export interface Outcome {
  readonly attempts: ReadonlyArray<Attempt>
  readonly served: number
  readonly failures: ReadonlyArray<Failure>
  /** Most requests that one end of another woke. */
  readonly wokenAtOnce: number
}

interface Event extends HeapItem {
  readonly run: () => void
}

interface Request {
  readonly number: number
  tried: Set<string>
  round: number
  waitsUntil: number
  /** Set while it waits for another one's end. */
  asleep: boolean
}

/** Runs a scenario to its end in virtual time: the same scenario, the same outcome. */
export const simulate = (scenario: Scenario): Outcome => {
  const { credentials, durationMs, maxIntervalMs, requests, rounds, seed, strategy, waitMs } = scenario
  const random = makeRandom(seed)
  const sides = new Map<string, ProviderSide>(credentials.map(([{ id }, how]) => [id, makeProviderSide(how)]))
  const attempts: Array<Attempt> = []
  const failures: Array<Failure> = []
  const sleepers: Array<Request> = []
  const events: MinHeap<Event> = []
  let order = 0
  let now = 0
  let served = 0
  let wokenAtOnce = 0
  let woken = 0

  const at = (time: number, run: () => void): void =>
    heapAdd(events, { key: Math.max(now, time), order: ++order, heapIndex: -1, run })

  const wakeOne = (): void => {
    const next = sleepers.shift()
    if (next === undefined) return
    next.asleep = false
    woken++
    at(now, () => look(next))
  }
  const ledger = makeCredentialLedger({ onFreed: wakeOne })
  const pool = makePool(credentials.map(([candidate]) => candidate))
  ledger.attach(pool, "m")

  const fail = (request: Request): void => {
    failures.push({
      request: request.number,
      at: now,
      trace: explain(pool, strategy, { now, tried: request.tried }),
      healthySince: new Map([...sides].map(([id, side]) => [id, side.healthySince(now)]))
    })
  }

  const conclude = (request: Request, lease: Lease, attempt: Attempt, outcome: AttemptOutcome): void => {
    attempt.outcome = outcome
    woken = 0
    ledger.settle(lease, outcome, now)
    const bySettling = woken
    woken = 0
    ledger.release(lease, now)
    wokenAtOnce = Math.max(wokenAtOnce, bySettling, woken)
    if (outcome._tag === "Succeeded") {
      served++
    } else {
      request.tried.add(lease.id)
      look(request)
    }
  }

  const look = (request: Request): void => {
    const decided = decide(pool, strategy, { now, tried: request.tried })
    if (Result.isSuccess(decided)) {
      const { id } = decided.success.candidate
      const trace = decided.success.trace()
      const lease = ledger.acquire(pool, id, now)
      if (lease === undefined) throw new Error(`${id} was picked but cannot be used`)
      const inFlight = pool.get(id)?.inFlight ?? 0
      const attempt: Attempt = {
        request: request.number,
        id,
        at: now,
        probe: lease.probe,
        inFlight,
        trace,
        outcome: undefined
      }
      attempts.push(attempt)
      const [after, outcome] = sides.get(id)!.answer(now, random())
      at(now + after, () => conclude(request, lease, attempt, outcome))
      return
    }
    if (bottleneckOf(decided.failure) !== undefined && now < request.waitsUntil) {
      request.asleep = true
      sleepers.push(request)
      at(Math.min(request.waitsUntil, decided.failure.retryAt ?? Infinity), () => {
        if (!request.asleep) return
        request.asleep = false
        sleepers.splice(sleepers.indexOf(request), 1)
        look(request)
      })
      return
    }
    const readyAt = pool.readyAt(now)
    if (request.round < rounds && readyAt !== undefined && readyAt - now <= maxIntervalMs) {
      request.round++
      request.tried = new Set()
      at(Math.max(readyAt, now + 1), () => look(request))
      return
    }
    fail(request)
  }

  for (let number = 0; number < requests; number++) {
    at(random() * durationMs, () =>
      look({ number, tried: new Set(), round: 0, waitsUntil: now + waitMs, asleep: false })
    )
  }
  for (let event = events[0]; event !== undefined; event = events[0]) {
    heapRemove(events, event)
    now = event.key
    event.run()
  }
  return { attempts, served, failures, wokenAtOnce }
}
