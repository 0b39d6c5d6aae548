/** How long the host waits for plugins that list, choose and execute models, in milliseconds. The plugin ABI sets no limit. */
export interface ExecutorDeadlines {
  /** Each call of a registration round: `model.register`, `model.static`, `model.for_auth`, `*.identifier`. */
  readonly registrationMs: number
  /** `model.route`. */
  readonly routeMs: number
  /** `executor.execute`, `executor.count_tokens`, `executor.http_request`, and `executor.execute_stream` until it returns. */
  readonly executeMs: number
  /** Between two chunks of a stream. Does not run while the client is the slow one. */
  readonly idleMs: number
}

/**
 * Defaults. A round stands between a new configuration and its use, and a route decision in the way of a waiting
 * client. Models that think before they speak are silent for minutes: the other two only end what would hang for ever.
 */
export const EXECUTOR_DEADLINES: ExecutorDeadlines = {
  registrationMs: 10_000,
  routeMs: 5_000,
  executeMs: 600_000,
  idleMs: 600_000
}
