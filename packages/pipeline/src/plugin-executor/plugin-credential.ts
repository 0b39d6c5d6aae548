import type { Candidate } from "@cliproxy/scheduler"

import type { ExposeModels } from "../credential-files/exposed-models.ts"
import type { ErrorRuleSettings } from "../failover/error-rules.ts"

/** A stored credential of a provider that a plugin serves, as executors see it. All but the candidate is secret. */
export interface PluginCredential {
  readonly candidate: Candidate
  /** 16 hex digits by which plugins name it. */
  readonly index?: string
  /** Tells whether it still is the same one after a reload: changes with what it logs in with. */
  readonly fingerprint: string
  /** The stored JSON object, as text in UTF-8. */
  readonly storageJson: Uint8Array
  readonly metadata: Readonly<Record<string, unknown>>
  /** All attributes, also those that look secret. */
  readonly attributes: Readonly<Record<string, string>>
  /** When set, its models are also reachable as `prefix/model`; empty for none. */
  readonly prefix: string
  /** Its own proxy, which may hold a password. */
  readonly proxyUrl?: string | undefined
  /** Which of its models clients may call, and how they are called; left out for all of them as they are. */
  readonly exposes?: ExposeModels | undefined
  /** Extra rounds in which it may be tried, when it has a number of its own. */
  readonly requestRetry?: number | undefined
  /** The operator's rules for its error answers, besides those for everybody's. */
  readonly errorRules?: ReadonlyArray<ErrorRuleSettings> | undefined
}
