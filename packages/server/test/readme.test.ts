import { spawn } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"

import { assert, it } from "@effect/vitest"
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

it.live("the example of the README serves a request", () =>
  Effect.gen(function* () {
    const port = yield* freePort
    const example = /```ts\n(.*?)```/s.exec(readFileSync(at("../README.md"), "utf8"))?.[1] ?? ""
    assert.include(example, "port: 8317")
    // Inside the package, so that it finds the workspace's packages; on a free port, so that nothing is in its way.
    const file = at(`../.test-results/readme-example-${process.pid}.ts`)
    mkdirSync(at("../.test-results"), { recursive: true })
    writeFileSync(file, example.replace("8317", String(port)))
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, ["--conditions=@cliproxy/source", file], { stdio: ["ignore", "pipe", "inherit"] })
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
    const response = yield* request(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer a-client-key" },
      body: `{"model":"any"}`
    })
    assert.deepStrictEqual([response.status, yield* jsonOf(response)], [200, { model: "any" }])
  })
)
