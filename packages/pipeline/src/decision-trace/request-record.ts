import type { Candidate, Cooldown, DecisionTrace } from "@cliproxy/scheduler"

import type { Execution } from "../request-life/execution.ts"
import { lookAt, type Looked } from "./look.ts"
import type {
  AttemptResult,
  AttemptTrace,
  PickTrace,
  RequestOutcome,
  RequestSummary,
  RequestTrace
} from "./request-trace.ts"
import type { RunningRecord } from "./running-records.ts"
import type { TimeSpent } from "./time-spent.ts"

/** A look at the candidates of a choice. */
interface Look {
  /** In milliseconds since the epoch. */
  readonly at: number
  readonly trace: DecisionTrace
}

/** One choice, and the attempt that it led to, as they are written down while they happen. */
export interface StepRecord extends Looked {
  readonly attempt: number
  readonly round: number
  readonly model: string
  readonly waitedMs: number
  readonly upstreamModel: string
  /** Set once somebody has looked; a request that goes well needs none. */
  look: Look | undefined
  refusal: string | undefined
  result: AttemptResult
  durationMs: number | undefined
  firstEventMs: number | undefined
  status: number | undefined
  message: string | undefined
  cooldown: Cooldown | undefined
}

/** One request, as it is written down. Holds references and no copies, so that a request that goes well costs little. */
export interface RequestRecord extends RunningRecord {
  readonly traceId: string
  readonly startedAt: number
  readonly requestedModel: string
  readonly protocol: string
  readonly operation: string
  readonly stream: boolean
  readonly caller: string | undefined
  model: string
  executor: string | undefined
  readonly steps: Array<StepRecord>
  attempts: number
  omitted: number
  durationMs: number | undefined
  outcome: RequestOutcome | undefined
  readonly spent: TimeSpent
}

/** Most characters of a model's name that are kept: clients may send anything. */
const MAX_NAME = 200

/** A model's name as it is kept. A piece of a long text would keep all of it in memory, so it is copied. */
export const modelName = (name: string): string =>
  name.length <= MAX_NAME ? name : Buffer.from(`${name.slice(0, MAX_NAME)}…`).toString()

/** Most steps that are kept of one request; in the middle of them is what can be missed. */
const MAX_STEPS = 64

/** What a record begins with. */
export type TracedExecution = Pick<
  Execution,
  "id" | "model" | "operation" | "requestedModel" | "sourceFormat" | "spent" | "startedAt" | "stream" | "traceId"
> & { readonly request: Pick<Execution["request"], "principal"> }

/** Begins a record. */
export const makeRecord = (execution: TracedExecution): RequestRecord => ({
  id: execution.id,
  traceId: execution.traceId,
  startedAt: execution.startedAt,
  requestedModel: modelName(execution.requestedModel),
  protocol: execution.sourceFormat,
  operation: execution.operation,
  stream: execution.stream,
  caller: execution.request.principal,
  model: modelName(execution.model),
  executor: undefined,
  steps: [],
  attempts: 0,
  omitted: 0,
  durationMs: undefined,
  outcome: undefined,
  spent: execution.spent,
  place: undefined,
  order: 0
})

/** Adds a step to a record. */
export const addStep = (record: RequestRecord, step: StepRecord): void => {
  if (record.steps.length >= MAX_STEPS) {
    record.steps.splice(MAX_STEPS / 2, 1)
    record.omitted++
  }
  record.steps.push(step)
}

/** The last attempt of a record. */
export const lastAttempt = ({ steps }: RequestRecord): StepRecord | undefined =>
  steps.findLast(({ candidate }) => candidate !== undefined)

/** What a record takes, in bytes, roughly: enough to bound what is kept. */
export const weightOf = ({ outcome, requestedModel, steps }: RequestRecord): number => {
  let bytes = 700 + 2 * requestedModel.length + 2 * (outcome?.message?.length ?? 0)
  for (const { look, message } of steps) {
    bytes += 500 + 2 * (message?.length ?? 0) + 400 * (look?.trace.candidates.length ?? 0)
  }
  return bytes
}

/** A record in a line. */
export const summaryOf = (record: RequestRecord): RequestSummary => {
  const { attempts, caller, durationMs, id, model, operation, outcome, protocol, requestedModel, startedAt, stream } =
    record
  const credential = lastAttempt(record)?.candidate?.id
  return {
    id,
    ...(record.traceId === id ? {} : { traceId: record.traceId }),
    startedAt,
    ...(durationMs === undefined ? {} : { durationMs }),
    requestedModel,
    model,
    protocol,
    operation,
    stream,
    ...(caller === undefined ? {} : { caller }),
    attempts,
    ...(record.executor === undefined ? {} : { executor: record.executor }),
    ...(credential === undefined ? {} : { credential }),
    ...(outcome === undefined ? {} : { outcome })
  }
}

/** All of a record. `now` is in milliseconds since the epoch. */
export const traceOf = (record: RequestRecord, now: number): RequestTrace => ({
  ...summaryOf(record),
  picksMade: record.steps.map((step) => pickOf(step, now)),
  attemptsMade: record.steps.flatMap((step) => {
    const { candidate } = step
    return candidate === undefined ? [] : [attemptOf(step, candidate)]
  }),
  omitted: record.omitted
})

const pickOf = (step: StepRecord, now: number): PickTrace => {
  const { attempt, model, refusal, round, waitedMs } = step
  return {
    attempt,
    round,
    model,
    waitedMs,
    ...(refusal === undefined ? {} : { refusal }),
    decision: step.look?.trace ?? lookAt(step, now),
    candidatesAt: step.look?.at ?? now,
    candidatesThen: step.look !== undefined
  }
}

const attemptOf = (step: StepRecord, candidate: Candidate): AttemptTrace => {
  const { attempt, cooldown, durationMs, firstEventMs, message, model, result, round, startedAt, status } = step
  return {
    attempt,
    round,
    credential: candidate.id,
    provider: candidate.provider,
    model,
    upstreamModel: step.upstreamModel,
    startedAt,
    result,
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(firstEventMs === undefined ? {} : { firstEventMs }),
    ...(status === undefined ? {} : { status }),
    ...(message === undefined ? {} : { message }),
    ...(cooldown === undefined ? {} : { cooldown })
  }
}
