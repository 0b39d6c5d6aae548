/** What has to be undone when something ends. */
export interface Finalizers {
  /**
   * Calls `finalizer` once at the end, or at once when that has come already. Gives a function that takes it back.
   * Finalizers must not throw.
   */
  readonly add: (finalizer: () => void) => () => void
  /** The end: runs what was added, in that order. Gives false when it had come already. */
  readonly run: () => boolean
}

/** Makes an empty set of finalizers. */
export const makeFinalizers = (): Finalizers => {
  const finalizers = new Set<() => void>()
  let ended = false
  return {
    add: (finalizer) => {
      if (ended) finalizer()
      else finalizers.add(finalizer)
      return () => {
        finalizers.delete(finalizer)
      }
    },
    run: () => {
      if (ended) return false
      ended = true
      for (const finalizer of finalizers) finalizer()
      finalizers.clear()
      return true
    }
  }
}
