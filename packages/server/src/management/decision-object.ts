import type { AttemptTrace, Explanation, PickTrace } from "@cliproxy/pipeline"

type Decision = PickTrace["decision"]
type Candidate = Decision["candidates"][number]
type Exclusion = NonNullable<Candidate["exclusion"]>
type ChosenBy = NonNullable<Decision["chosen"]>["by"]
type Cooldown = NonNullable<AttemptTrace["cooldown"]>

/** The last millisecond that `Date` can write. */
const latestDate = 8.64e15

/** A time as the management API writes it (RFC 3339); `null` when there is none. `at` is in milliseconds since 1970. */
export const timeText = (at: number | undefined): string | null =>
  at === undefined || Number.isNaN(at) ? null : new Date(Math.max(-latestDate, Math.min(at, latestDate))).toISOString()

/** A credential's rest. */
export const cooldownObject = ({ openedAt, probeAt, probes, reason, scope, status, until }: Cooldown) => ({
  reason,
  scope,
  status: status ?? null,
  since: timeText(openedAt),
  until: timeText(until),
  probe_at: timeText(probeAt),
  failed_probes: probes
})

/** Names of the exclusions on the wire: they stay when names in the code change. */
const reasons: Readonly<Record<Exclusion["_tag"], string>> = {
  Disabled: "disabled",
  Tried: "tried",
  Cooling: "cooling",
  Probing: "probing",
  AtCapacity: "at-capacity",
  Held: "held",
  Weightless: "weightless",
  LowerTier: "lower-tier"
}

/** Why a candidate was left out. */
const exclusionObject = (exclusion: Exclusion) => {
  const reason = reasons[exclusion._tag]
  switch (exclusion._tag) {
    case "Cooling":
      return {
        reason,
        until: timeText(exclusion.until),
        because: exclusion.because,
        status: exclusion.status ?? null,
        probe_at: timeText(exclusion.probeAt)
      }
    case "Held":
      return { reason, until: timeText(exclusion.until) }
    case "AtCapacity":
      return { reason, cap: exclusion.cap, limit: exclusion.limit }
    default:
      return { reason }
  }
}

const candidateObject = (candidate: Candidate) => ({
  credential: candidate.id,
  provider: candidate.provider,
  tier: candidate.tier,
  weight: candidate.weight,
  in_flight: candidate.inFlight,
  last_success_at: timeText(candidate.lastSuccessAt),
  available: candidate.exclusion === undefined,
  excluded: candidate.exclusion === undefined ? null : exclusionObject(candidate.exclusion)
})

const chosenByObject = (by: ChosenBy) => ({
  strategy: by._tag === "Plugin" ? null : by.strategy,
  plugin: by._tag === "Builtin" ? null : by.plugin,
  affinity: by._tag === "Builtin" && by.affinity === true
})

/** A choice: who was chosen and by whom, and every candidate. */
export const decisionObject = ({ at, candidates, chosen, retryAt, strategy, total, unusedAnswer }: Decision) => ({
  at: timeText(at),
  strategy: strategy ?? null,
  chosen: chosen === undefined ? null : { credential: chosen.id, tier: chosen.tier, by: chosenByObject(chosen.by) },
  unused_answer: unusedAnswer === undefined ? null : { plugin: unusedAnswer.plugin, why: unusedAnswer.why },
  retry_at: timeText(retryAt),
  candidates_total: total,
  candidates: candidates.map(candidateObject)
})

/** Who would serve a model now, as `GET /v0/management/explain` and `cliproxy explain --json` answer it. */
export const explanationObject = ({
  decision,
  fallbacks,
  inPlaceOf,
  model,
  providers,
  schedulerPlugin
}: Explanation) => ({
  model,
  in_place_of: inPlaceOf ?? null,
  providers,
  scheduler_plugin: schedulerPlugin ?? null,
  fallbacks,
  ...decisionObject(decision)
})

/** An explanation as it stands in an answer. */
export type ExplanationObject = ReturnType<typeof explanationObject>
