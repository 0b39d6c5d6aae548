import { availableParallelism } from "node:os"

/** Limits of a bridge. */
export interface BridgeOptions {
  /** Most threads that may run plugin calls at the same time; further calls wait. Default 1,024. */
  readonly maxThreads?: number
  /**
   * Threads that run plugin code at a time; one more runs for each call that waits for the host or has taken longer
   * than half a millisecond. Many more than the plugin's runtime has processors slow all of them down. Default: one for
   * each processor that this process may use, and one more.
   */
  readonly eagerThreads?: number
  /** Milliseconds after which a thread without work ends. Default 10,000. */
  readonly threadIdleMs?: number
  /** Longest answer in bytes that is taken from a plugin. Default 256 MiB. */
  readonly maxAnswerBytes?: number
}

/** What {@link BridgeOptions} are where nothing is said, also in a plugin's own process. */
export const defaultBridgeOptions: Required<BridgeOptions> = {
  maxThreads: 1024,
  eagerThreads: availableParallelism() + 1,
  threadIdleMs: 10_000,
  maxAnswerBytes: 256 * 1024 * 1024
}
