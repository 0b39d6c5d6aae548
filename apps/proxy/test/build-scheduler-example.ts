/** Runs before the tests: builds the scheduler example in Go, which several of them put into a proxy. */
import { execFile } from "node:child_process"
import { promisify } from "node:util"

import type { TestProject } from "vitest/node"

import { buildScript } from "./scheduler-example.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** What the build said: it leaves the example out where there is no Go. */
    readonly schedulerBuild: string
  }
}

export default async (project: TestProject): Promise<void> => {
  const { stderr, stdout } = await promisify(execFile)(process.execPath, [buildScript])
  project.provide("schedulerBuild", stdout + stderr)
}
