import type { AffinityCounts, CredentialLedger, PickSession, Pool, Strategy } from "@cliproxy/scheduler"
import { Clock, Effect } from "effect"

import type { InvalidRequest, NoCredential } from "../gateway-error.ts"
import { credentialMetrics } from "../metrics/credential-metrics.ts"
import type { MetricFamily } from "../metrics/metric-family.ts"
import { modelLimitMetrics } from "../metrics/model-limit-metrics.ts"
import type { RequestMetrics } from "../metrics/request-metrics.ts"
import { subjectOf } from "../credentials/ledger-subject.ts"
import type { ModelRegistry, Route } from "../models/model-registry.ts"
import type { GatewaySettings } from "../settings.ts"
import type { AttemptCounts } from "./attempt-counts.ts"
import { type CredentialReport, credentialReports, type KnownCredential } from "./credential-reports.ts"
import { type Explanation, explainModel } from "./explain-model.ts"
import type { RequestTrace } from "./request-trace.ts"
import type { RequestTraces } from "./request-traces.ts"

/** Canonical header names to values. */
type Headers = Readonly<Record<string, ReadonlyArray<string>>>

/** What operators can see of a gateway at work, and the one thing that they can do about it. */
export interface GatewayInsight {
  /** The requests that run and the last ones that ended, the newest first. */
  readonly requests: RequestTraces["list"]
  /** All that was decided for one of them. */
  readonly request: (id: string) => Effect.Effect<RequestTrace | undefined>
  /** How every credential is. */
  readonly credentials: Effect.Effect<ReadonlyArray<CredentialReport>>
  /**
   * Forgets the rests of a credential, named by its ID or its index, or only the one for a model. False when there is no
   * such credential.
   */
  readonly clear: (credential: string, model?: string) => Effect.Effect<boolean>
  /** Who would serve a model now. `headers` tell the session, where sessions keep their credential. */
  readonly explain: (model: string, headers: Headers) => Effect.Effect<Explanation, InvalidRequest | NoCredential>
  /** How often sessions found their credential, and how many there are; `undefined` while sessions are not looked at. */
  readonly affinity: () => AffinityCounts | undefined
  /** What monitoring wants to know. */
  readonly metrics: Effect.Effect<ReadonlyArray<MetricFamily>>
  /** The response headers `x-cliproxy-trace` and `server-timing` of a request that runs or has just ended. */
  readonly headers: (requestId: string) => ReadonlyArray<readonly [string, string]>
}

/** What the insight into a gateway is made from. */
export interface InsightSources {
  readonly traces: RequestTraces
  readonly counts: AttemptCounts
  readonly metrics: Pick<RequestMetrics, "families">
  readonly ledger: CredentialLedger
  readonly poolOf: (route: Route) => Pool
  readonly registry: () => ModelRegistry
  readonly strategy: () => Strategy
  readonly fallbacks: () => GatewaySettings["fallbacks"]
  /** ID of the plugin that schedules now. */
  readonly schedulerPlugin: () => string | undefined
  /** All credentials, in routes or not. */
  readonly known: () => Iterable<KnownCredential>
  /** The session of a request with these headers, where sessions keep their credential. */
  readonly sessionOf: (route: Route, headers: Headers) => PickSession | undefined
  readonly affinity: () => AffinityCounts | undefined
}

/** Makes the insight into a gateway. Nothing is computed before somebody asks. */
export const makeInsight = (sources: InsightSources): GatewayInsight => {
  const { counts, ledger, traces } = sources
  const reports = { known: sources.known, registry: sources.registry, ledger, counts }

  /** The models of a credential that are meant by a name, the clients' or the provider's. */
  const modelsOf = (credential: string, name: string): Iterable<string> => {
    const targets = sources.registry().routes.get(name)?.targets.values() ?? []
    const subjects = Array.from(targets, ({ candidate }) => subjectOf(candidate))
    return new Set([name, ...subjects.flatMap(({ id, model }) => (id === credential ? [model] : []))])
  }

  return {
    requests: traces.list,
    request: (id) => Effect.map(Clock.currentTimeMillis, (now) => traces.find(id, now)),
    credentials: Effect.map(Clock.currentTimeMillis, (now) => credentialReports(reports, now)),
    clear: (credential, model) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const all = credentialReports(reports, now)
        const id = all.find((one) => one.id === credential || one.index === credential)?.id
        if (id === undefined) return false
        if (model === undefined) ledger.clear(id)
        else for (const one of modelsOf(id, model)) ledger.clear(id, one)
        return true
      }),
    explain: (model, headers) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const registry = sources.registry()
        const session = (route: Route): PickSession | undefined => sources.sessionOf(route, headers)
        return Effect.fromResult(
          explainModel(
            {
              registry,
              strategy: sources.strategy(),
              poolOf: sources.poolOf,
              schedulerPlugin: sources.schedulerPlugin(),
              fallbacks: sources.fallbacks(),
              session
            },
            model,
            now
          )
        )
      }),
    affinity: sources.affinity,
    metrics: Effect.map(Clock.currentTimeMillis, (now) => [
      ...sources.metrics.families(),
      {
        name: "cliproxy_requests_in_flight",
        help: "Requests that run.",
        type: "gauge" as const,
        samples: [{ labels: [], value: traces.running() }]
      },
      ...credentialMetrics(credentialReports(reports, now)),
      ...modelLimitMetrics(ledger.limited())
    ]),
    headers: traces.headers
  }
}
