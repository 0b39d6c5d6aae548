import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { Effect, type Scope } from "effect"
import { inject } from "vitest"

/** The app's folder, for paths that do not depend on where the tests were started. */
export const appDir = fileURLToPath(new URL("..", import.meta.url))

const compileCache = join(appDir, ".test-results", "compile-cache")

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A running `cliproxy` process. */
export interface RunningCli {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  readonly ended: Effect.Effect<Ended>
}

/** Where and with what a command line is run. */
export interface RunOptions {
  readonly cwd?: string
  /** Variables besides those of the tests. */
  readonly env?: Readonly<Record<string, string>>
}

/** Starts the real command line in a process of its own; it is killed when the scope closes. */
export const startCli = (
  args: ReadonlyArray<string>,
  options: RunOptions = {}
): Effect.Effect<RunningCli, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [inject("proxyProgram"), ...args], {
        cwd: options.cwd ?? appDir,
        // Not that of whoever runs the tests.
        env: { NODE_COMPILE_CACHE: compileCache, ...process.env, ...options.env },
        stdio: ["ignore", "pipe", "pipe"]
      })
      let stdout = ""
      let stderr = ""
      child.stdout.on("data", (chunk: Buffer) => {
        stdout += chunk.toString()
      })
      child.stderr.on("data", (chunk: Buffer) => {
        stderr += chunk.toString()
      })
      const closed = new Promise<Ended>((resolve) => {
        child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }))
      })
      return { child, stdout: () => stdout, stderr: () => stderr, ended: Effect.promise(() => closed) }
    }),
    ({ child, ended }) =>
      Effect.suspend(() => {
        child.kill("SIGKILL")
        return ended
      })
  )

/** Runs the command line to its end. */
export const runCli = (args: ReadonlyArray<string>, options: RunOptions = {}): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(startCli(args, options), ({ ended }) => ended))

/** A proxy that listens. */
export interface RunningProxy extends RunningCli {
  readonly url: string
}

/** Starts `cliproxy serve` on a free port and waits until it listens. */
export const startProxy = Effect.fnUntraced(function* (
  args: ReadonlyArray<string> = [],
  options: RunOptions = {}
): Effect.fn.Return<RunningProxy, never, Scope.Scope> {
  const cli = yield* startCli(["serve", "--port", "0", ...args], options)
  const url = () => /listens on (\S+)/.exec(cli.stdout())?.[1]
  yield* until(() => {
    if (cli.child.exitCode !== null) throw new Error(`the proxy ended before it listened:\n${cli.stderr()}`)
    return url() !== undefined && cli.stdout().endsWith("\n")
  })
  return { ...cli, url: url() ?? "" }
})

/** Waits, in real time, until something holds; a test that waits in vain fails at its own time-out. */
export const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (holds() ? Effect.void : Effect.andThen(Effect.sleep("10 millis"), until(holds))))

/** A folder for one test. */
export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "cliproxy-test-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** Sends a chat request. */
export const chat = (
  { url }: { readonly url: string },
  body: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {}
): Effect.Effect<Response> =>
  Effect.promise((signal) =>
    fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      signal,
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ model: "demo", messages: [{ role: "user", content: "Hello" }], ...body })
    })
  )

/** Reads an answer's text. */
export const textOf = (response: Response): Effect.Effect<string> => Effect.promise(() => response.text())

/** Status and text of a chat request. */
export const ask = (proxy: { readonly url: string }, body: Readonly<Record<string, unknown>> = {}) =>
  Effect.flatMap(chat(proxy, body), (response) =>
    Effect.map(textOf(response), (text) => [response.status, text] as const)
  )

/** Which of the demo's keys served a request: `1`, `2` or `3`. */
export const servedBy = (proxy: { readonly url: string }): Effect.Effect<string | undefined> =>
  Effect.map(ask(proxy), ([, text]) => /served by demo-key-(\d)/.exec(text)?.[1])
