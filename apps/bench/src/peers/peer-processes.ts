import { join } from "node:path"

import { Effect, type Scope } from "effect"

import type { BenchFailed } from "../bench.ts"
import { startProgram } from "../child-program.ts"
import { freePort, type ServerCommand, type ServerProcess, temporaryFolder } from "../server-process.ts"

/** Protocol of the provider that a Portkey is sent to. */
export type PortkeyProvider = "openai" | "anthropic"

/**
 * How Portkey's gateway is started. It has no configuration: each request says in headers where it goes, and nothing is
 * asked of its clients.
 */
export const portkeyCommand = Effect.fnUntraced(function* (
  peers: string,
  upstream: string,
  provider: PortkeyProvider
): Effect.fn.Return<ServerCommand, never, Scope.Scope> {
  const folder = yield* temporaryFolder
  const port = yield* freePort
  return {
    name: "Portkey",
    args: [
      join(peers, "node_modules", "@portkey-ai", "gateway", "build", "start-server.js"),
      `--port=${port}`,
      "--headless"
    ],
    // Other hosts than those of providers are refused unless they are named.
    env: { NODE_ENV: "production", TRUSTED_CUSTOM_HOSTS: "127.0.0.1" },
    origin: `http://127.0.0.1:${port}`,
    healthPath: "/",
    logFile: join(folder, "portkey.log"),
    needs: { headers: { "x-portkey-provider": provider, "x-portkey-custom-host": `${upstream}/v1` } }
  }
})

/** Starts llms with one provider, which speaks OpenAI chat, and without its log; it is killed when the scope ends. */
export const startLlms = Effect.fnUntraced(function* (
  peers: string,
  upstream: string
): Effect.fn.Return<ServerProcess, BenchFailed, Scope.Scope> {
  const port = yield* freePort
  const program = yield* startProgram<unknown, string>("llms-gateway", [peers, upstream, String(port)])
  return { pid: program.pid, origin: yield* program.ask({}), needs: { modelPrefix: "bench," } }
})
