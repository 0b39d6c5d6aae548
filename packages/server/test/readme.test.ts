import { spawn } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer as createHttpServer, type Server } from "node:http"
import { type AddressInfo, createServer } from "node:net"
import { fileURLToPath } from "node:url"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { jsonOf, request } from "./with-server.ts"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const freePort = Effect.callback<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

const examples = [...readFileSync(at("../README.md"), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, example = ""]) => example
)

/** Runs an example of the README on a free port, so that nothing is in its way, until it listens. */
const running = (number: number, env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const port = yield* freePort
    const example = examples[number] ?? ""
    assert.include(example, "8317")
    // Inside the package, so that it finds the workspace's packages.
    const file = at(`../.test-results/readme-example-${process.pid}-${number}.ts`)
    mkdirSync(at("../.test-results"), { recursive: true })
    writeFileSync(file, example.replaceAll("8317", String(port)))
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, ["--conditions=@cliproxy/source", file], {
          stdio: ["ignore", "pipe", "inherit"],
          env: { ...process.env, ...env }
        })
      ),
      (child) =>
        Effect.sync(() => {
          child.kill("SIGKILL")
          rmSync(file)
        })
    )
    yield* Effect.callback<void>((resume) => {
      child.stdout.on("data", (chunk: Buffer) => {
        if (chunk.toString().includes("listening on")) resume(Effect.void)
      })
    })
    return `http://127.0.0.1:${port}`
  })

/** A provider that says which key it was called with. */
const provider = Effect.acquireRelease(
  Effect.callback<Server>((resume) => {
    const server = createHttpServer(({ headers }, response) => {
      const message = { role: "assistant", content: headers.authorization }
      const choices = [{ index: 0, finish_reason: "stop", message }]
      response.writeHead(200, { "content-type": "application/json" })
      response.end(JSON.stringify({ id: "1", object: "chat.completion", choices }))
    })
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) =>
    Effect.sync(() => {
      server.closeAllConnections()
      server.close()
    })
)

describe("README", () => {
  it.live("has an example of doors that serves a request", () =>
    Effect.gen(function* () {
      const url = yield* running(0)
      const response = yield* request(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: "Bearer a-client-key" },
        body: `{"model":"any"}`
      })
      assert.deepStrictEqual([response.status, yield* jsonOf(response)], [200, { model: "any" }])
    })
  )

  it.live("has an example of a server with keys of its own that go round", () =>
    Effect.gen(function* () {
      const address = (yield* provider).address() as AddressInfo
      const url = yield* running(1, { KEYS: "k-1,k-2", BASE_URL: `http://127.0.0.1:${address.port}/v1` })
      const keys: Array<unknown> = []
      for (const content of ["one", "two"]) {
        const response = yield* request(`${url}/v1/chat/completions`, {
          method: "POST",
          body: JSON.stringify({ model: "fast", messages: [{ role: "user", content }] })
        })
        assert.strictEqual(response.status, 200)
        const { choices } = (yield* jsonOf(response)) as { choices: ReadonlyArray<{ message: { content: string } }> }
        keys.push(choices[0]?.message.content)
      }
      assert.sameMembers(keys, ["Bearer k-1", "Bearer k-2"])
    })
  )
})
