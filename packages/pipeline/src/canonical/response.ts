import type { Extensions } from "./extensions.ts"
import type { Part } from "./part.ts"
import type { Usage } from "./usage.ts"

/**
 * Why the model stopped.
 * `stop`: it was done. `stop_sequence`: it met one. `length`: no tokens left. `tool_calls`: it waits for tools.
 * `content_filter`: the provider cut it off. `refusal`: it declined. `pause`: it wants to go on when asked again.
 */
export type StopReason = "stop" | "stop_sequence" | "length" | "tool_calls" | "content_filter" | "refusal" | "pause"

/** One answer of a model. */
export interface Choice {
  readonly parts: ReadonlyArray<Part>
  /** `undefined` when the provider said none. */
  readonly stopReason: StopReason | undefined
  /** The stop sequence that was met, where the provider says it. */
  readonly stopSequence?: string | undefined
  readonly extensions?: Extensions | undefined
}

/** A whole answer, in no protocol. */
export interface CanonicalResponse {
  /** As the provider gave it; may be empty. */
  readonly id: string
  /** As the provider named it; may be empty. */
  readonly model: string
  /** Unix seconds; `undefined` when the provider did not say. */
  readonly createdAt?: number | undefined
  /** In the order of their index. One, unless several were asked for; none is an empty answer. */
  readonly choices: ReadonlyArray<Choice>
  readonly usage?: Usage | undefined
  readonly serviceTier?: string | undefined
  readonly extensions?: Extensions | undefined
}
