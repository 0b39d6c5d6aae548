/** One credential as the scheduler sees it. Nothing secret belongs here. */
export interface Candidate {
  /** Stable credential ID, unique in a pool. Byte order of the IDs is the order of a tier. */
  readonly id: string
  /** Provider key, lower-case. */
  readonly provider: string
  /** Fallback tier: the highest value that has an available candidate is served first. Not a traffic share. Default 0. */
  readonly priority: number
  /** Switched off by configuration. */
  readonly disabled: boolean
  /** Routing attributes. Secret-looking keys are filtered before a plugin sees them. */
  readonly attributes: Readonly<Record<string, string>>
}

/** Names of the built-in strategies, as in the plugin ABI's `DelegateBuiltin` and the configuration's `routing.strategy`. */
export type Strategy = "round-robin" | "fill-first"
