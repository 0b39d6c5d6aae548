import type { CredentialReport } from "../decision-trace/credential-reports.ts"
import type { MetricFamily, MetricSample } from "./metric-family.ts"

/** What credentials do and have done, by their IDs. */
export const credentialMetrics = (reports: ReadonlyArray<CredentialReport>): ReadonlyArray<MetricFamily> => [
  {
    name: "cliproxy_attempts_total",
    help: "Attempts that ended, by credential and status: ok, the provider's status, broken for a connection or an answer that broke, or abandoned when the client went away.",
    type: "counter",
    samples: reports.flatMap(({ attempts: { abandoned, statuses, succeeded }, id }) =>
      [["ok", succeeded] as const, ...statuses, ["abandoned", abandoned] as const].flatMap(
        ([status, value]): ReadonlyArray<MetricSample> =>
          value === 0
            ? []
            : [
                {
                  labels: [
                    ["credential", id],
                    ["status", status]
                  ],
                  value
                }
              ]
      )
    )
  },
  {
    name: "cliproxy_credential_in_flight",
    help: "Requests under way with a credential.",
    type: "gauge",
    samples: reports.map(({ id, inFlight }) => ({ labels: [["credential", id]], value: inFlight }))
  },
  {
    name: "cliproxy_credential_resting_models",
    help: "Models for which a credential rests now.",
    type: "gauge",
    samples: reports.map(({ id, models }) => ({
      labels: [["credential", id]],
      value: models.filter(({ state }) => state === "Resting" || state === "HalfOpen" || state === "Probing").length
    }))
  }
]
