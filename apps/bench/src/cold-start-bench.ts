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

/** From the start of a process until a whole answer to a chat request has come. */
const coldStart = (makeCommand: Effect.Effect<ServerCommand, BenchFailed, Scope.Scope>) =>
  Effect.gen(function* () {
    const command = yield* makeCommand
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
    const start = performance.now()
    const child = yield* launch(command)
    yield* untilServing(command, child, isServing, askAgainMs)
    return { startMicros: (performance.now() - start) * 1000 }
  }).pipe(Effect.scoped)

/** How long after its start the proxy has answered its first request. */
export const coldStartBench: Bench = {
  name: "cold-start",
  about: "from starting the process to the first answer, against a bare server of Node",
  run: Effect.fnUntraced(function* ({ peers, rounds }) {
    const { origin } = yield* startUpstream
    const measured = yield* runRounds(
      [
        { name: bare, run: coldStart(bareCommand) },
        { name: ours, run: coldStart(proxyCommand(origin, "none")) },
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
