/** Lists of models that stand in for a model, by its name; see `GatewaySettings.fallbacks`. */
export type Fallbacks = ReadonlyMap<string, ReadonlyArray<string>>

/**
 * The models that stand in for a model, in order: those of its list, each followed by those of its own list. Each is
 * named once, and never the model itself.
 */
export const fallbackChain = (fallbacks: Fallbacks, model: string): ReadonlyArray<string> => {
  const chain = new Set([model])
  const follow = (name: string): void => {
    for (const next of fallbacks.get(name) ?? []) {
      if (chain.has(next)) continue
      chain.add(next)
      follow(next)
    }
  }
  follow(model)
  chain.delete(model)
  return [...chain]
}
