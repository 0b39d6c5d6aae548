import { Effect } from "effect"

/** Exit code of a process that a signal ended: 128 plus the signal's number (POSIX shells). */
const forcedExitCode = { SIGINT: 130, SIGTERM: 143 } as const

type ShutdownSignal = keyof typeof forcedExitCode

const signals: ReadonlyArray<ShutdownSignal> = ["SIGINT", "SIGTERM"]

/**
 * Waits for SIGINT or SIGTERM and gives its name. The next signal, of either kind, ends the process at once: somebody
 * does not want to wait for the drain.
 */
export const awaitShutdownSignal: Effect.Effect<ShutdownSignal> = Effect.callback((resume) => {
  let received = false
  const listeners = signals.map((signal) => {
    const listener = () => {
      if (received) process.exit(forcedExitCode[signal])
      received = true
      resume(Effect.succeed(signal))
    }
    process.on(signal, listener)
    return [signal, listener] as const
  })
  return Effect.sync(() => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  })
})
