/** Source: the API's own error text, `tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`. */
export const isCallId = (id: string): boolean => /^[a-zA-Z0-9_-]+$/.test(id)

/** Gives calls IDs as Claude takes them, each once: the same for the same calls of the same conversation. */
export interface CallIds {
  /** Says that an ID is in use. */
  readonly take: (id: string) => void
  /** The ID of a call as Claude takes it, unlike all that are in use. */
  readonly free: (id: string) => string
}

export const makeCallIds = (): CallIds => {
  const taken = new Set<string>()
  /** The number to try next for an ID that comes again. */
  const counts = new Map<string, number>()
  return {
    take: (id) => {
      taken.add(id)
    },
    free: (id) => {
      const clean = id === "" ? "call" : id.replaceAll(/[^a-zA-Z0-9_-]/g, "_")
      let wireId = clean
      let count = counts.get(clean) ?? 2
      for (; taken.has(wireId); count++) wireId = `${clean}_${count}`
      if (wireId !== clean) counts.set(clean, count)
      taken.add(wireId)
      return wireId
    }
  }
}
