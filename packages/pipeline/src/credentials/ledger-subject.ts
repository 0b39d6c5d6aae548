import { type Candidate, credentialOf } from "@cliproxy/scheduler"

/** What a use of a candidate is about in the ledger. */
export interface LedgerSubject {
  /** ID of the credential. */
  readonly id: string
  /** The model as the provider knows it; {@link NO_MODEL} for what is remembered by no model. */
  readonly model: string
}

/** Stands for the model of candidates that name none. */
export const NO_MODEL = ""

/** Whom, and for which model, a use of a candidate is counted and remembered for. */
export const subjectOf = (candidate: Candidate): LedgerSubject => ({
  id: credentialOf(candidate),
  model: candidate.model ?? NO_MODEL
})
