import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { Effect, type Scope } from "effect"

import { BenchFailed } from "./bench.ts"
import { goSchedulerFolder } from "./plugin-libraries.ts"
import { freePort, type ServerCommand, type ServerProcess, startServer, temporaryFolder } from "./server-process.ts"
import { clientKey } from "./upstream-answers.ts"

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
gemini-api-key:
  - { api-key: k6-f3, base-url: ${upstream}, models: [{ name: burst, alias: gemini-burst }] }
plugins:
  enabled: ${place !== "none"}
  isolation: ${place === "none" ? "process" : place}
  dir: ${JSON.stringify(goSchedulerFolder)}
  configs: { scheduler: { enabled: true, delegate: round-robin } }
`

/**
 * How the composed proxy is started, built, with client keys and four provider keys that all lead to `upstream`. A
 * plugin, the Go scheduler example, is asked for every pick and delegates it. Its files are removed when the scope ends.
 */
export const proxyCommand = Effect.fnUntraced(function* (
  upstream: string,
  place: PluginPlace
): Effect.fn.Return<ServerCommand, BenchFailed, Scope.Scope> {
  if (!existsSync(main)) return yield* new BenchFailed({ message: `${main} is missing: run the build first` })
  const folder = yield* temporaryFolder
  const port = yield* freePort
  const file = join(folder, "config.yaml")
  writeFileSync(file, configuration(port, upstream, place))
  return {
    name: "the proxy",
    args: [main, "serve", "--config", file],
    origin: `http://127.0.0.1:${port}`,
    healthPath: "/healthz",
    logFile: join(folder, "proxy.log")
  }
})

/** Starts the proxy of {@link proxyCommand}; it is killed when the scope ends. */
export const startProxy = (
  upstream: string,
  place: PluginPlace
): Effect.Effect<ServerProcess, BenchFailed, Scope.Scope> => Effect.flatMap(proxyCommand(upstream, place), startServer)
