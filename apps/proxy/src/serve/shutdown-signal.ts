import { Effect } from "effect"

/** Exit code of a process that a signal ended: 128 plus the signal's number (POSIX shells). */
const forcedExitCode = { SIGINT: 130, SIGTERM: 143 } as const

type ShutdownSignal = keyof typeof forcedExitCode

const signals: ReadonlyArray<ShutdownSignal> = ["SIGINT", "SIGTERM"]

/**
 * Milliseconds in which a second signal counts as the same one. Ctrl-C reaches every process of a terminal's job, and a
 * launcher such as `npm start` may hand it on besides.
 */
const sameSignalMs = 500

/**
 * Waits for SIGINT or SIGTERM and gives its name. The next signal, of either kind, ends the process at once: somebody
 * does not want to wait for the drain.
 */
export const awaitShutdownSignal: Effect.Effect<ShutdownSignal> = Effect.callback((resume) => {
  let receivedAt: number | undefined
  const listeners = signals.map((signal) => {
    const listener = () => {
      const now = performance.now()
      if (receivedAt === undefined) {
        receivedAt = now
        resume(Effect.succeed(signal))
      } else if (now - receivedAt > sameSignalMs) process.exit(forcedExitCode[signal])
    }
    process.on(signal, listener)
    return [signal, listener] as const
  })
  return Effect.sync(() => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  })
})
