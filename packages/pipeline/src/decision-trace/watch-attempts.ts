import { type CredentialLedger, credentialOf, type Decision, type Pool, type Strategy } from "@cliproxy/scheduler"
import { type Clock, Effect } from "effect"

import type { AttemptFailure } from "../failover/attempt-failure.ts"
import { isRequestFault } from "../failover/attempt-outcome.ts"
import type { CredentialUse } from "../credentials/credential-use.ts"
import type { Attempts } from "../failover/failover.ts"
import type { NoCredential, SchedulerRefused } from "../gateway-error.ts"
import { subjectOf } from "../credentials/ledger-subject.ts"
import type { Route } from "../models/model-registry.ts"
import type { AttemptCounts } from "./attempt-counts.ts"
import { lookAt, referTo } from "./look.ts"
import { addStep, modelName, type RequestRecord, type StepRecord } from "./request-record.ts"
import type { AttemptResult } from "./request-trace.ts"
import { shortMessage } from "./short-message.ts"
import { endWait, presentTime } from "./time-spent.ts"

/** What the attempts of a request are written down from. */
export interface Watching {
  readonly record: RequestRecord
  readonly counts: AttemptCounts
  readonly ledger: Pick<CredentialLedger, "get">
  readonly clock: Clock.Clock
}

/** Whom the attempts choose from. */
export interface WatchedChoice {
  readonly route: Route
  readonly pool: Pool
  readonly strategy: Strategy
}

/**
 * The same attempts, written down as they happen. The candidates of a choice are looked at only when a request turns out
 * to need more than one choice: those of its first choice right after the first failure, before the credential rests.
 */
export const watchAttempts = (
  { clock, counts, ledger, record }: Watching,
  { pool, route, strategy }: WatchedChoice,
  attempts: Attempts
): Attempts => {
  const model = modelName(attempts.model)
  const { targets } = route
  const poolRef = referTo(pool)
  record.model = model
  let step: StepRecord | undefined
  let round = 1
  let roundOver = false
  let choosingSince = 0
  /** Since when nothing is done, in case that a round is over. */
  let idleSince = 0
  let triedNow = NOBODY

  const begin = (decision: Decision | undefined, refusal?: string): StepRecord => {
    const now = clock.currentTimeMillisUnsafe()
    const candidate = decision?.candidate
    const begun: StepRecord = {
      attempt: record.attempts + 1,
      round,
      model,
      waitedMs: now - choosingSince,
      startedAt: now,
      pool: poolRef,
      strategy,
      candidate,
      chosenBy: decision?.chosenBy,
      unusedAnswer: decision?.unusedAnswer,
      upstreamModel: (candidate === undefined ? undefined : targets.get(candidate.id)?.upstreamModel) ?? model,
      look: undefined,
      refusal,
      result: "running",
      durationMs: undefined,
      firstEventMs: undefined,
      status: undefined,
      message: undefined,
      cooldown: undefined
    }
    addStep(record, begun)
    return begun
  }

  const look = (at: StepRecord): void => {
    if (at.look !== undefined) return
    const now = clock.currentTimeMillisUnsafe()
    // By now it counts itself among those that were tried.
    const before = new Set(triedNow)
    if (at.candidate !== undefined) before.delete(at.candidate.id)
    at.look = { at: now, trace: lookAt(at, now, before) }
  }

  const watchUse = (use: CredentialUse): CredentialUse => ({
    answered: (now) => {
      if (step !== undefined) step.firstEventMs ??= now - step.startedAt
      use.answered(now)
    },
    ended: (outcome, now) => {
      use.ended(outcome, now)
      if (step?.candidate === undefined) return
      const { id, model } = subjectOf(step.candidate)
      if (step.result === "running") {
        end(step, "ok", now)
        counts.count(id, "succeeded")
        return
      }
      step.durationMs = now - step.startedAt
      step.cooldown = ledger.get(id, model)
    },
    release: (now) => {
      use.release(now)
      if (step?.result !== "running" || step.candidate === undefined) return
      end(step, "abandoned", now)
      counts.count(credentialOf(step.candidate), "abandoned")
    }
  })

  const failed = (candidateId: string, failure: AttemptFailure): void => {
    endWait(record.spent, true)
    idleSince = presentTime()
    if (step === undefined) return
    look(step)
    const id = step.candidate === undefined ? candidateId : credentialOf(step.candidate)
    const now = clock.currentTimeMillisUnsafe()
    const broke = failure._tag === "ProviderBroke"
    const status = broke ? undefined : (failure.status ?? 500)
    const message = shortMessage(failure.message)
    end(step, broke ? "broken" : "failed", now)
    step.status = status
    step.message = message
    counts.count(id, isRequestFault(failure) ? "requestFaults" : "failed")
    counts.failed(id, {
      at: now,
      model,
      ...(status === undefined ? {} : { status }),
      message,
      requestId: record.id
    })
  }

  const refused = (error: NoCredential | SchedulerRefused): void => {
    step = undefined
    roundOver = true
    endWait(record.spent)
    idleSince = presentTime()
    look(begin(undefined, shortMessage(error.message)))
  }

  return {
    ...attempts,
    choose: (tried, took) => {
      choosingSince = clock.currentTimeMillisUnsafe()
      triedNow = tried
      // A round begins with forgetting who was tried.
      const before = step?.candidate?.id
      if (roundOver || (before !== undefined && !tried.has(before))) {
        round++
        record.spent.queueMs += presentTime() - idleSince
      }
      roundOver = false
      return Effect.tapError(
        attempts.choose(tried, (use) => took(watchUse(use))),
        (error) => Effect.sync(() => refused(error))
      )
    },
    send: (decision, answered) => {
      step = begin(decision)
      record.attempts++
      if (record.steps.length > 1) look(step)
      return attempts.send(decision, answered)
    },
    judge: (id, failure) => {
      failed(id, failure)
      return attempts.judge(id, failure)
    }
  }
}

const NOBODY: ReadonlySet<string> = new Set()

const end = (step: StepRecord, result: AttemptResult, now: number): void => {
  step.result = result
  step.durationMs = now - step.startedAt
}
