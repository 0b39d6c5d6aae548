import { readdirSync, readFileSync } from "node:fs"

/** Clock ticks of a second in /proc, on every Linux that Node runs on (sysconf _SC_CLK_TCK). */
const ticksPerSecond = 100

/** User and system time that a process of ours has spent so far, in microseconds, in steps of 10 ms (proc(5), stat). */
export const cpuMicrosOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  // The name in parentheses may hold spaces. Of the fields behind it, user and system time are the 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond
}

/** Processes that a process started and that still run (proc(5), children). */
export const childrenOf = (pid: number): ReadonlyArray<number> =>
  readdirSync(`/proc/${pid}/task`)
    .flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" "))
    .filter((child) => child !== "")
    .map(Number)

/** What {@link cpuMicrosOf} gives, for a process and those that it started. */
export const cpuMicrosOfFamily = (pid: number): number =>
  childrenOf(pid).reduce((sum, child) => sum + cpuMicrosOf(child), cpuMicrosOf(pid))

/** Memory of a process in RAM, in KiB, where pages shared by n processes count 1/n for each (proc(5), smaps_rollup). */
export const proportionalKiBOf = (pid: number): number =>
  Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1])

/** Memory of a process that is in RAM, in KiB (proc(5), status). */
export const residentKiBOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1])
