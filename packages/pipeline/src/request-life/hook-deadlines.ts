/** How long the host waits for plugins that take part in a request, in milliseconds. The plugin ABI sets no limit. */
export interface HookDeadlines {
  /** `request.intercept_before`, `request.intercept_after`, `response.intercept_after`. */
  readonly interceptMs: number
  /** `response.intercept_stream_chunk`, for each chunk. */
  readonly chunkMs: number
  /** `request.normalize`, `request.translate`, `response.normalize_*`, `response.translate`, `thinking.apply`. */
  readonly convertMs: number
  /** `request.complete` and `usage.handle`, for which no client waits. */
  readonly reportMs: number
  /** `thinking.identifier`, asked after each configuration. */
  readonly identifierMs: number
}

/**
 * Defaults. A client waits for interceptors, and they may ask a service of their own; conversions and chunks are plain
 * computing and come many times per request. Reports may write to a slow place.
 */
export const HOOK_DEADLINES: HookDeadlines = {
  interceptMs: 30_000,
  chunkMs: 5_000,
  convertMs: 10_000,
  reportMs: 30_000,
  identifierMs: 10_000
}
