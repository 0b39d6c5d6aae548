/** What a provider said of a credential's quota: the limit that is nearest to being used up. */
export interface Quota {
  /** When it is full again, in milliseconds since the epoch. */
  readonly resetAt: number
  /** What is left until then, in the provider's own unit (requests or tokens). Absent when it did not say. */
  readonly remaining?: number | undefined
}

/** How busy something is. One object, shared by all pools that it matters to, and written by the ledger. */
export interface Load {
  /** Requests under way. */
  inFlight: number
}

/** How busy a credential is, over all models, and what is known about its quota. */
export interface CredentialLoad extends Load {
  quota: Quota | undefined
  /** When an attempt with it last succeeded, in milliseconds since the epoch. */
  lastSuccessAt: number | undefined
}

/** A bound on the requests of a model, whoever serves them. */
export interface ModelLimit {
  /** Name of the model: pools that name the same one share the bound. */
  readonly name: string
  /** Most requests at once. A whole number above 0. */
  readonly maxInFlight: number
}

/** How near a model is to its bound. One object, shared by all pools of the model, and written by the ledger. */
export interface LimitedLoad extends Load, ModelLimit {}

/** Which cap of a credential is reached: the one over all models, or the one of the model at hand. */
export type Cap = "credential" | "model"
