import type { GatewaySettings } from "@cliproxy/pipeline"

import { type Decoder, section } from "./config-section.ts"
import { duration, flag, list, mapping, oneOf, text, wholeNumber } from "./config-values.ts"

type Strategy = GatewaySettings["strategy"]
type ModelLimit = NonNullable<GatewaySettings["modelLimits"]>[number]
type Fallbacks = ReadonlyMap<string, ReadonlyArray<string>>

/** What the mapping `routing` says. */
export type Routing = Pick<
  GatewaySettings,
  "strategy" | "queue" | "modelLimits" | "maxEjectedPercent" | "sessionAffinity" | "fallbacks"
>

/** The strategies by their names here, short forms included. */
const strategies: Readonly<Record<string, Strategy>> = {
  "round-robin": "round-robin",
  rr: "round-robin",
  "fill-first": "fill-first",
  ff: "fill-first",
  "weighted-round-robin": "weighted-round-robin",
  wrr: "weighted-round-robin",
  "least-inflight": "least-inflight",
  "soonest-reset": "soonest-reset"
}

const hour = 3_600_000

/** Without the mapping: nobody waits for long, no session keeps its credential, no model stands in for another. */
export const defaultRouting: Routing = { strategy: "round-robin", queue: { limit: 1000, waitMs: 30_000 } }

/**
 * The way from a model back to itself, if there is one: each model stands in for others, whose own stand-ins come next.
 * A model that was visited without finding one leads nowhere from elsewhere either.
 */
const loopFrom = (fallbacks: Fallbacks, start: string): ReadonlyArray<string> | undefined => {
  const visited = new Set<string>()
  const visit = (model: string, path: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
    for (const next of fallbacks.get(model) ?? []) {
      if (next === start) return [...path, next]
      if (visited.has(next)) continue
      visited.add(next)
      const loop = visit(next, [...path, next])
      if (loop !== undefined) return loop
    }
    return undefined
  }
  return visit(start, [start])
}

const fallbacks: Decoder<Fallbacks> = (found, file) => {
  const decoded = mapping((_, value) => list(text)(value, file))(found, file)
  if (decoded === undefined) return undefined
  for (const [model, others] of decoded) {
    const at = { ...found, path: `${found.path}.${model}` }
    if (new Set(others).size < others.length) file.report("error", at, "names a model twice")
    const loop = loopFrom(decoded, model)
    if (loop !== undefined) {
      file.report("error", at, `leads back to itself (${loop.join(" -> ")}); a request would go round for ever`)
    }
  }
  return decoded
}

const modelLimit: Decoder<ModelLimit> = (found, file) => {
  const fields = section(found, file)
  if (fields === undefined) return undefined
  const model = fields.required("model", text)
  const maxInFlight = fields.required("max-in-flight", wholeNumber(1, 1_000_000))
  fields.end()
  return model === undefined || maxInFlight === undefined ? undefined : { model, maxInFlight }
}

/** Reads the mapping `routing`. */
export const routing: Decoder<Routing> = (found, file) => {
  const fields = section(found, file)
  if (fields === undefined) return undefined
  const ttlMs = fields.optional("session-affinity-ttl", duration(1000, 30 * 24 * hour), hour)
  const sessions = fields.optional("session-affinity", flag, false)
  const stands = fields.optional<Fallbacks>("fallbacks", fallbacks, new Map())
  const limits = fields.optional<ReadonlyArray<ModelLimit>>("model-limits", list(modelLimit), [])
  const ejected = fields.optional<number | undefined>("max-ejected-percent", wholeNumber(0, 100), undefined)
  const decoded: Routing = {
    strategy: fields.optional<Strategy>("strategy", oneOf(strategies), defaultRouting.strategy),
    queue: {
      limit: fields.optional("queue-limit", wholeNumber(0, 1_000_000), 1000),
      waitMs: fields.optional("queue-wait-seconds", wholeNumber(0, 3600), 30) * 1000
    },
    ...(limits.length === 0 ? {} : { modelLimits: limits }),
    ...(ejected === undefined ? {} : { maxEjectedPercent: ejected }),
    ...(sessions ? { sessionAffinity: { ttlMs } } : {}),
    ...(stands.size === 0 ? {} : { fallbacks: stands })
  }
  fields.end()
  return decoded
}
