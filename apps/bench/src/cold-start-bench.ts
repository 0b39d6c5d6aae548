import { once } from "node:events"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { Effect, type Scope } from "effect"

import { type Bench, type BenchFailed, markOf } from "./bench.ts"
import { clientRequest } from "./client-requests.ts"
import { compareWithFirst, runRounds } from "./paired-rounds.ts"
import { portkeyCommand } from "./peers/peer-processes.ts"
import { find, ours, portkey, startUpstream } from "./proxy-contenders.ts"
import { proxyCommand } from "./proxy-process.ts"
import { freePort, launch, type ServerCommand, temporaryFolder, untilServing } from "./server-process.ts"
import { clientKey } from "./upstream-answers.ts"

const bare = "bare node:http"
const script = fileURLToPath(new URL("../dist/programs/bare-server.js", import.meta.url))

const bareCommand = Effect.gen(function* () {
  const port = yield* freePort
  const command: ServerCommand = {
    name: bare,
    args: [script, String(port)],
    origin: `http://127.0.0.1:${port}`,
    healthPath: "/",
    logFile: join(yield* temporaryFolder, "bare.log")
  }
  return command
})

const askAgainMs = 1

/** Starts a server and waits until a whole answer to a chat request has come. */
const untilAnswer = (command: ServerCommand) =>
  Effect.gen(function* () {
    const { body, path } = clientRequest("openai", "whole", false)
    const headers = {
      "content-type": "application/json",
      authorization: `Bearer ${clientKey}`,
      ...command.needs?.headers
    }
    const isServing = () =>
      fetch(command.origin + path, { method: "POST", headers, body: body.toString() }).then(
        async (answer) => (await answer.text()).length > 0 && answer.ok,
        () => false
      )
    const child = yield* launch(command)
    yield* untilServing(command, child, isServing, askAgainMs)
    return child
  })

/** From the start of a process until a whole answer to a chat request has come. */
const coldStart = (makeCommand: Effect.Effect<ServerCommand, BenchFailed, Scope.Scope>) =>
  Effect.gen(function* () {
    const command = yield* makeCommand
    const start = performance.now()
    yield* untilAnswer(command)
    return { startMicros: (performance.now() - start) * 1000 }
  }).pipe(Effect.scoped)

/** How the proxy is started by a user whose caches lie in a folder: what Node keeps of its compiled code is there. */
const withCaches = (upstream: string, makeFolder: Effect.Effect<string, never, Scope.Scope>) =>
  Effect.gen(function* () {
    const command = yield* proxyCommand(upstream, "none")
    return { ...command, env: { XDG_CACHE_HOME: yield* makeFolder } }
  })

/** Lets a proxy serve one request and end as it does when it is stopped, so that the folder has its compiled code. */
const fillCaches = (upstream: string, folder: string) =>
  Effect.gen(function* () {
    const child = yield* untilAnswer(yield* withCaches(upstream, Effect.succeed(folder)))
    const ended = once(child, "exit")
    child.kill("SIGTERM")
    yield* Effect.promise(() => ended)
  }).pipe(Effect.scoped)

/** How long after its start the proxy has answered its first request. */
export const coldStartBench: Bench = {
  name: "cold-start",
  about: "from starting the process to the first answer, against a bare server of Node",
  run: Effect.fnUntraced(function* ({ peers, rounds }) {
    const { origin } = yield* startUpstream
    const filled = yield* temporaryFolder
    yield* fillCaches(origin, filled)
    const measured = yield* runRounds(
      [
        { name: bare, run: coldStart(bareCommand) },
        { name: ours, run: coldStart(withCaches(origin, temporaryFolder)) },
        { name: `${ours}, not for the first time`, run: coldStart(withCaches(origin, Effect.succeed(filled))) },
        ...(peers === undefined ? [] : [{ name: portkey, run: coldStart(portkeyCommand(peers, origin, "openai")) }]),
        { name: `${bare} (control)`, run: coldStart(bareCommand) }
      ],
      rounds
    )
    const comparisons = compareWithFirst("cold start", measured)
    return {
      comparisons,
      marks: [markOf("first answer against a bare server of Node", 5, find(comparisons, ours), "startMicros")]
    }
  })
}
