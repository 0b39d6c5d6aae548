import type { ResponseSink } from "../response-sink.ts"

/** What an upstream answered with, before any of it goes to the client. */
export interface UpstreamHead {
  /** `stream`: the body is a stream of events, passed on as it comes. `whole`: it comes in one piece. */
  readonly kind: "stream" | "whole"
  /** All of the upstream's header fields, names as they came. */
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
}

/**
 * Where the executor of one attempt writes what came back. A client's `ResponseSink` is one, so that an answer which
 * nobody looks at goes straight to the client.
 */
export interface AttemptSink extends Omit<ResponseSink, "start" | "started"> {
  /** Gets status and headers for the client, and what the upstream really sent. Called at most once. */
  readonly start: (status: number, headers: Readonly<Record<string, string>>, upstream: UpstreamHead) => void
  /**
   * Ends a stream whose last event tells the client that it is broken: nobody need say so again. Left out where somebody
   * still looks at the answer.
   */
  readonly endBroken?: () => void
}
