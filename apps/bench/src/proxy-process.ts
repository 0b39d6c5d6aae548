import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { Effect, type Scope } from "effect"

import { BenchFailed } from "./bench.ts"
import { endProcess } from "./child-program.ts"
import { goSchedulerFolder } from "./plugin-libraries.ts"
import { clientKey } from "./upstream-answers.ts"

/** A server under test. */
export interface ServerProcess {
  readonly pid: number
  readonly origin: string
}

const main = fileURLToPath(new URL("../../proxy/dist/main.js", import.meta.url))

/** Where the Go scheduler plugin of a proxy runs, if it has one. */
export type PluginPlace = "none" | "in-process" | "process"

const configuration = (port: number, upstream: string, place: PluginPlace): string => `host: 127.0.0.1
port: ${port}
api-keys: [${clientKey}, another-91c2]
openai-compatibility:
  - name: bench
    base-url: ${upstream}/v1
    api-key-entries: [{ api-key: k1-a8 }, { api-key: k2-b7 }, { api-key: k3-c6 }, { api-key: k4-d5 }]
    models: [{ name: whole }, { name: burst }, { name: paced }]
claude-api-key:
  - { api-key: k5-e4, base-url: ${upstream}, models: [{ name: burst, alias: claude-burst }] }
plugins:
  enabled: ${place !== "none"}
  isolation: ${place === "none" ? "process" : place}
  dir: ${JSON.stringify(goSchedulerFolder)}
  configs: { scheduler: { enabled: true, delegate: round-robin } }
`

/** A port that nobody listened on a moment ago. */
const freePort: Effect.Effect<number> = Effect.callback<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

const startDeadlineMs = 20_000
const lookEveryMs = 50

/** Waits until the server answers its health check; the error of one that ended instead has its last words. */
const untilHealthy = (child: ChildProcess, origin: string, logFile: string) =>
  Effect.gen(function* () {
    for (let waited = 0; waited < startDeadlineMs; waited += lookEveryMs) {
      if (child.exitCode !== null || child.signalCode !== null) break
      const healthy = yield* Effect.promise(() =>
        fetch(`${origin}/healthz`).then(
          (answer) => answer.ok,
          () => false
        )
      )
      if (healthy) return
      yield* Effect.sleep(lookEveryMs)
    }
    return yield* new BenchFailed({
      message: `the proxy did not start: ${readFileSync(logFile, "utf8").slice(-2_000)}`
    })
  })

/**
 * Starts the composed proxy, built, with client keys and four provider keys that all lead to `upstream`. A plugin, the
 * Go scheduler example, is asked for every pick and delegates it. It is killed when the scope ends.
 */
export const startProxy = Effect.fnUntraced(function* (
  upstream: string,
  place: PluginPlace
): Effect.fn.Return<ServerProcess, BenchFailed, Scope.Scope> {
  if (!existsSync(main)) return yield* new BenchFailed({ message: `${main} is missing: run the build first` })
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "cliproxy-bench-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const port = yield* freePort
  const file = join(folder, "config.yaml")
  writeFileSync(file, configuration(port, upstream, place))
  // To a file, as a service's log goes: a pipe would have to be read by somebody on the same two cores.
  const logFile = join(folder, "proxy.log")
  const log = openSync(logFile, "a")
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [main, "serve", "--config", file], { stdio: ["ignore", log, log] })),
    endProcess
  )
  closeSync(log)
  const origin = `http://127.0.0.1:${port}`
  yield* untilHealthy(child, origin, logFile)
  return { pid: child.pid ?? 0, origin }
})
