import type { ModelLimit } from "@cliproxy/scheduler"

import { modelMatcher } from "../models/model-pattern.ts"
import type { ModelLimitSettings } from "../settings.ts"

/** The bound of a model, by the name that clients use, without a thinking suffix; `undefined` for none. */
export type LimitOf = (model: string) => ModelLimit | undefined

/** Bounds nothing. */
export const unlimited: LimitOf = () => undefined

/** What the settings say about each model. The first that fits counts. */
export const modelLimits = (settings: ReadonlyArray<ModelLimitSettings> = []): LimitOf => {
  if (settings.length === 0) return unlimited
  const rules = settings.map(({ maxInFlight, model }) => ({ maxInFlight, fits: modelMatcher([model]) }))
  return (name) => {
    const rule = rules.find(({ fits }) => fits(name))
    return rule && { name, maxInFlight: rule.maxInFlight }
  }
}
