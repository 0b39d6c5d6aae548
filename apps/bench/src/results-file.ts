import { mkdir, writeFile } from "node:fs/promises"
import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { Effect } from "effect"

import { BenchFailed, type BenchResult, type BenchSettings } from "./bench.ts"

/** The machine that numbers belong to. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryMiB: number
  readonly system: string
  readonly node: string
}

/** This machine. */
export const thisMachine = (): Machine => ({
  processor: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(),
  memoryMiB: Math.round(totalmem() / 1024 / 1024),
  system: `${platform()} ${release()} ${arch()}`,
  node: process.version
})

/** One run of the command. */
export interface BenchReport {
  /** When it began, ISO 8601. */
  readonly date: string
  readonly machine: Machine
  readonly settings: BenchSettings
  readonly results: Readonly<Record<string, BenchResult>>
}

const folder = fileURLToPath(new URL("../results/", import.meta.url))

/** Writes a report as JSON to `results/<date>.json` of this package; gives the path. */
export const writeReport = (report: BenchReport): Effect.Effect<string, BenchFailed> => writeResult("", report)

/** The same for a report of any kind: `results/<prefix><date>.json`. */
export const writeResult = (prefix: string, report: { readonly date: string }): Effect.Effect<string, BenchFailed> => {
  const path = join(folder, `${prefix}${report.date.replaceAll(":", "-").replace(/\.\d+/, "")}.json`)
  return Effect.tryPromise({
    try: async () => {
      await mkdir(folder, { recursive: true })
      await writeFile(path, `${JSON.stringify(report, null, 2)}\n`)
      return path
    },
    catch: (error) => new BenchFailed({ message: `cannot write ${path}: ${String(error)}` })
  })
}
