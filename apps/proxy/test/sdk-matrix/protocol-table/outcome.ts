/** What becomes of something on its way between two protocols. */
export type Outcome =
  | { readonly is: "kept" }
  /** It arrives in another form. */
  | { readonly is: "changed"; readonly how: string }
  | { readonly is: "dropped"; readonly why: string }

/** What arrives, where it arrives, and what to call that. */
export interface Arrival {
  readonly outcome: Outcome
  /** Names and positions in the body that arrives, such as `messages.0.content`; -1 is the last of a list. */
  readonly path: string
  /** `undefined` for what does not arrive, a pattern for a text or a number that is not the same each time. */
  readonly value: unknown
}

/** The other protocol has words for it, at `path`. */
export const kept = (path: string, value: unknown): Arrival => ({ outcome: { is: "kept" }, path, value })

/** It arrives at `path`, and `how` completes "changed: ". */
export const changed = (how: string, path: string, value: unknown): Arrival => ({
  outcome: { is: "changed", how },
  path,
  value
})

/** Nothing arrives at `path`, and `why` says what keeps it from there. */
export const dropped = (why: string, path: string): Arrival => ({
  outcome: { is: "dropped", why },
  path,
  value: undefined
})
