/** Calls a child process over its pipes: what the cheapest isolation of a plugin would cost. */
import { decodeEnvelope } from "@cliproxy/abi"
import { spawn } from "node:child_process"
import { extname } from "node:path"
import { fileURLToPath } from "node:url"

import { recordCalls } from "../call-recorder.ts"
import { type CallKind, checkResult, requestOf } from "../call-requests.ts"
import { frame, frameReader } from "../frames.ts"
import { answerJobs } from "./answer-jobs.ts"

/** One run. The child echoes, also for picks: what it would do with them is not part of the way. */
export interface PipeCallsJob {
  readonly kind: CallKind
  readonly inFlight: number
  readonly runMs: number
  readonly maxCalls: number
}

const echo = fileURLToPath(new URL(`./pipe-echo${extname(import.meta.url)}`, import.meta.url))
const child = spawn(process.execPath, [echo], { stdio: ["pipe", "pipe", "inherit"] })
process.on("exit", () => child.kill("SIGKILL"))

// A pipe keeps the order, and so does the child: the oldest caller is the one who is answered.
const waiting: Array<(body: Buffer) => void> = []
child.stdout.on(
  "data",
  frameReader((body) => waiting.shift()?.(body))
)

const ask = (body: Uint8Array) =>
  new Promise<Buffer>((resolve) => {
    waiting.push(resolve)
    child.stdin.write(frame(body))
  })

const childCpuMicros = async () => Number((await ask(Buffer.alloc(0))).toString())

answerJobs(async ({ kind, inFlight, runMs, maxCalls }: PipeCallsJob) => {
  const cpuBefore = await childCpuMicros()
  const recorder = recordCalls(runMs, maxCalls)
  const caller = async () => {
    while (recorder.goesOn()) {
      const start = performance.now()
      const envelope = decodeEnvelope(await ask(requestOf(kind)))
      if (envelope._tag !== "Success") throw new Error("the child did not answer with an envelope")
      if (kind === "echo") checkResult(kind, envelope.result)
      recorder.ended(start)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, caller))
  return recorder.sample((await childCpuMicros()) - cpuBefore)
})
