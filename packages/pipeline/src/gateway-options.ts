import type { ExecutorDeadlines } from "./plugin-executor/executor-deadlines.ts"
import type { PluginDeadlines } from "./plugin-host/deadlines.ts"
import type { UpstreamDeadlines } from "./provider/upstream-connections.ts"
import type { HookDeadlines } from "./request-life/hook-deadlines.ts"

/** What a gateway is told when it is made: deadlines in place of its own, and where to keep what it learns. */
export interface GatewayOptions {
  readonly upstream?: UpstreamDeadlines
  readonly plugin?: PluginDeadlines
  readonly hook?: HookDeadlines
  readonly executor?: ExecutorDeadlines
  /**
   * Path of a SQLite file in which the rests and quotas of credentials outlive the gateway. Made when it is missing;
   * without a path nothing is kept.
   */
  readonly stateFile?: string | undefined
}
