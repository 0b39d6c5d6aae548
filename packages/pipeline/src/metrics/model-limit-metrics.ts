import type { LimitedLoad } from "@cliproxy/scheduler"

import type { MetricFamily } from "./metric-family.ts"

/** How near the models with a bound over all credentials are to it. */
export const modelLimitMetrics = (loads: Iterable<LimitedLoad>): ReadonlyArray<MetricFamily> => {
  const all = [...loads]
  return [
    {
      name: "cliproxy_model_in_flight",
      help: "Requests under way for a model that has a limit over all credentials.",
      type: "gauge",
      samples: all.map(({ inFlight, name }) => ({ labels: [["model", name]], value: inFlight }))
    },
    {
      name: "cliproxy_model_max_in_flight",
      help: "Most requests at once for a model that has a limit over all credentials.",
      type: "gauge",
      samples: all.map(({ maxInFlight, name }) => ({ labels: [["model", name]], value: maxInFlight }))
    }
  ]
}
