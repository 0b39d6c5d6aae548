/**
 * A deadline, in milliseconds, that a call must miss after it has begun: one that has not begun by its deadline is
 * withdrawn, and a busy machine may take some time to let a thread run.
 */
export const missedDeadlineMs = 1000
