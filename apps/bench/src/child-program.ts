import { type ChildProcess, fork } from "node:child_process"
import { extname } from "node:path"
import { fileURLToPath } from "node:url"

import { Effect, type Scope } from "effect"

import { BenchFailed } from "./bench.ts"

/** What a child program answers to a job. */
export type JobOutcome =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string }

/** A job as it is sent to a child program. */
export interface JobMessage {
  readonly id: number
  readonly job: unknown
}

/** A program of this package in a process of its own. It does one kind of job, over and over. */
export interface ChildProgram<Job, Answer> {
  readonly pid: number
  /** Gives the program a job and waits for its answer. Fails when the job fails, or takes longer than two minutes. */
  readonly ask: (job: Job) => Effect.Effect<Answer, BenchFailed>
}

const longestJobMs = 120_000

/** Children run what we run: the sources in a test, the build otherwise. */
const extension = extname(import.meta.url)
const sourceFlags = extension === ".ts" ? ["--conditions=@cliproxy/source"] : []

const programPath = (name: string) => fileURLToPath(new URL(`./programs/${name}${extension}`, import.meta.url))

/** Ends a child process at once and waits until it is gone. */
export const endProcess = (child: ChildProcess): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill("SIGKILL")
  })

/** Starts the program `programs/<name>` with `args`; it is killed when the scope ends. */
export const startProgram = <Job, Answer>(
  name: string,
  args: ReadonlyArray<string> = []
): Effect.Effect<ChildProgram<Job, Answer>, BenchFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => fork(programPath(name), [...args], { execArgv: sourceFlags, serialization: "advanced" })),
      endProcess
    )
    const waiting = new Map<number, (outcome: Effect.Effect<Answer, BenchFailed>) => void>()
    let ended: string | undefined
    let nextId = 1
    child.on("message", (outcome: JobOutcome) => {
      const resume = waiting.get(outcome.id)
      waiting.delete(outcome.id)
      resume?.(
        "error" in outcome
          ? Effect.fail(new BenchFailed({ message: `${name}: ${outcome.error}` }))
          : Effect.succeed(outcome.answer as Answer)
      )
    })
    child.once("exit", (code, signal) => {
      ended = `${name} ended with ${signal ?? `code ${code}`}`
      for (const resume of waiting.values()) resume(Effect.fail(new BenchFailed({ message: ended })))
      waiting.clear()
    })
    const ask = (job: Job) =>
      Effect.callback<Answer, BenchFailed>((resume) => {
        if (ended !== undefined) return resume(Effect.fail(new BenchFailed({ message: ended })))
        const id = nextId++
        waiting.set(id, resume)
        child.send({ id, job } satisfies JobMessage)
        return Effect.sync(() => waiting.delete(id))
      }).pipe(
        Effect.timeoutOrElse({
          duration: longestJobMs,
          orElse: () =>
            Effect.fail(new BenchFailed({ message: `${name} took longer than ${longestJobMs} ms for a job` }))
        })
      )
    return { pid: child.pid ?? 0, ask }
  })
