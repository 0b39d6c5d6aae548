import type { Sample } from "./sample.ts"
import { quantile } from "./statistics.ts"

/** Counts the calls of one run, and says when the run is over. */
export interface CallRecorder {
  /** Whether one more call may begin. */
  readonly goesOn: () => boolean
  /** Takes in a finished call that began at `startMs` of `performance.now()`. */
  readonly ended: (startMs: number) => void
  /** The sample of the run; `otherCpuMicros` is what other processes spent on it. Throws when there was no call. */
  readonly sample: (otherCpuMicros?: number) => Sample
}

/** Most calls that a recorder has room for. */
const room = 200_000

/** A run that starts now and ends after `runMs` milliseconds or `maxCalls` calls, whichever comes first. */
export const recordCalls = (runMs: number, maxCalls: number): CallRecorder => {
  const most = Math.min(room, maxCalls)
  const latencies = new Float64Array(most)
  let begun = 0
  let count = 0
  const cpu = process.cpuUsage()
  const start = performance.now()
  return {
    goesOn: () => {
      // One call is made however slow the machine is: nothing is no sample.
      if (begun >= most || (begun > 0 && performance.now() - start >= runMs)) return false
      begun++
      return true
    },
    ended: (startMs) => {
      latencies[count++] = performance.now() - startMs
    },
    sample: (otherCpuMicros = 0) => {
      const elapsedMs = performance.now() - start
      const { user, system } = process.cpuUsage(cpu)
      const taken = latencies.subarray(0, count)
      return {
        cpuMicros: (user + system + otherCpuMicros) / count,
        p50Micros: quantile(taken, 0.5) * 1000,
        p99Micros: quantile(taken, 0.99) * 1000,
        perSecond: (count / elapsedMs) * 1000
      }
    }
  }
}
