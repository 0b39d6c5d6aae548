import type { Simulator } from "../provider-simulators/simulator.ts"
import type { Client, Target } from "./client.ts"
import type { ProviderName } from "./endpoints.ts"

/** One client in front of one provider: what a check is run on. */
export interface Pair {
  readonly client: Client
  readonly provider: ProviderName
  readonly simulator: Simulator
  readonly stream: boolean
  /** Where a scenario is played: `model`, `budget`, `adaptive`, `other`, or a name of `scenarios`. */
  readonly target: (scenario: string) => Target
  /** The name under which the provider knows that model. */
  readonly upstreamModel: (scenario: string) => string
}
