import type { CredentialModelReport, CredentialReport, GatewayInsight } from "@cliproxy/pipeline"

import { cooldownObject, timeText } from "./decision-object.ts"

/** Names of the states on the wire: they stay when names in the code change. */
const states: Readonly<Record<CredentialModelReport["state"], string>> = {
  Available: "available",
  Resting: "resting",
  HalfOpen: "half-open",
  Probing: "probing",
  Recovering: "recovering",
  Disabled: "disabled"
}

/** How a credential is, as the management API writes it. */
export const credentialObject = (report: CredentialReport) => {
  const { attempts, quota } = report
  const { failed, lastError, succeeded } = attempts
  return {
    id: report.id,
    auth_index: report.index ?? null,
    provider: report.provider,
    tier: report.tier,
    weight: report.weight,
    disabled: report.disabled,
    in_flight: report.inFlight,
    attempts: {
      succeeded,
      failed,
      request_faults: attempts.requestFaults,
      abandoned: attempts.abandoned,
      success_rate: succeeded + failed === 0 ? null : succeeded / (succeeded + failed),
      by_status: Object.fromEntries(attempts.statuses)
    },
    last_success_at: timeText(report.lastSuccessAt),
    last_error:
      lastError === undefined
        ? null
        : {
            at: timeText(lastError.at),
            model: lastError.model,
            status: lastError.status ?? null,
            message: lastError.message,
            request_id: lastError.requestId
          },
    quota: quota === undefined ? null : { reset_at: timeText(quota.resetAt), remaining: quota.remaining ?? null },
    rest: report.rest === undefined ? null : cooldownObject(report.rest),
    renewal:
      report.renewal === undefined
        ? null
        : {
            last_at: timeText(report.renewal.lastAt),
            next_at: timeText(report.renewal.nextAt),
            last_error: report.renewal.lastError ?? null,
            refused: report.renewal.refused
          },
    models: report.models.map(({ model, rest, state }) => ({
      model,
      state: states[state],
      rest: rest === undefined ? null : cooldownObject(rest)
    }))
  }
}

/** How sessions have kept their credentials; `null` while they do not. */
export const affinityObject = (counts: ReturnType<GatewayInsight["affinity"]>) =>
  counts === undefined
    ? null
    : {
        sessions: counts.sessions,
        bindings: counts.bindings,
        hits: counts.hits,
        misses: counts.misses,
        fail_backs: counts.failBacks
      }
