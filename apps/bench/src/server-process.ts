import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs"
import { createServer, type AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { Effect, type Scope } from "effect"

import { BenchFailed } from "./bench.ts"
import { endProcess } from "./child-program.ts"

/** What a server wants of its clients beside what all are sent. */
export interface RequestNeeds {
  /** Headers that it does not answer without. */
  readonly headers?: Readonly<Record<string, string>>
  /** What it wants before the name of a model. */
  readonly modelPrefix?: string
}

/** A server under test. */
export interface ServerProcess {
  readonly pid: number
  readonly origin: string
  readonly needs?: RequestNeeds
}

/** How a server of Node is started, and where it will be reached. */
export interface ServerCommand {
  readonly name: string
  /** Script and arguments. */
  readonly args: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  readonly origin: string
  /** A path that is answered with 200 once the server serves. */
  readonly healthPath: string
  /** File that gets what it prints. To a file, as a service's log goes: a pipe would have to be read on the same cores. */
  readonly logFile: string
  readonly needs?: RequestNeeds
}

/** A folder that is removed when the scope ends. */
export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "cliproxy-bench-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** A port that nobody listened on a moment ago. */
export const freePort: Effect.Effect<number> = Effect.callback<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** Starts a server without waiting for it; it is killed when the scope ends. */
export const launch = ({ args, env, logFile }: ServerCommand): Effect.Effect<ChildProcess, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const log = openSync(logFile, "a")
      const child = spawn(process.execPath, [...args], {
        stdio: ["ignore", log, log],
        env: { ...process.env, ...env }
      })
      closeSync(log)
      return child
    }),
    endProcess
  )

const startDeadlineMs = 20_000

/**
 * Asks `isServing` again and again, `everyMs` after each answer, until it is true. Fails with a server's last words when it
 * ends instead, or takes longer than 20 seconds.
 */
export const untilServing = Effect.fnUntraced(function* (
  { logFile, name }: ServerCommand,
  child: ChildProcess,
  isServing: () => Promise<boolean>,
  everyMs: number
) {
  const start = performance.now()
  while (child.exitCode === null && child.signalCode === null && performance.now() - start < startDeadlineMs) {
    if (yield* Effect.promise(isServing)) return
    yield* Effect.sleep(everyMs)
  }
  return yield* new BenchFailed({ message: `${name} did not start: ${readFileSync(logFile, "utf8").slice(-2_000)}` })
})

const lookEveryMs = 50

/** Starts a server and waits until it serves; it is killed when the scope ends. */
export const startServer = Effect.fnUntraced(function* (
  command: ServerCommand
): Effect.fn.Return<ServerProcess, BenchFailed, Scope.Scope> {
  const { healthPath, needs, origin } = command
  const child = yield* launch(command)
  const isServing = () =>
    fetch(`${origin}${healthPath}`).then(
      (answer) => answer.ok,
      () => false
    )
  yield* untilServing(command, child, isServing, lookEveryMs)
  return { pid: child.pid ?? 0, origin, ...(needs === undefined ? {} : { needs }) }
})
