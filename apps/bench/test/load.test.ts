import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"

import { startProgram } from "../src/child-program.ts"
import type { LoadAnswer, LoadJob } from "../src/programs/load.ts"
import { type AnswerKind, eventFrame, eventsPerStream, lastFrame, wholeAnswer } from "../src/upstream-answers.ts"

const kinds: ReadonlyArray<AnswerKind> = ["whole", "burst", "paced"]

const startLoad = startProgram<LoadJob, LoadAnswer>("load")

const startServer = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly origin: string; readonly close: () => void }>((resume) => {
      const server = createServer(listener)
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const close = () => {
          server.close()
          server.closeAllConnections()
        }
        resume(Effect.succeed({ origin: `http://127.0.0.1:${port}`, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

/** A server that streams these frames to everybody. */
const streaming = (frames: ReadonlyArray<string>) =>
  startServer((request, response) => {
    request.resume()
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.end(frames.join(""))
  })

const whole = Array.from({ length: eventsPerStream }, (_, index) => eventFrame(index))

describe("the load generator", () => {
  it.live("counts every answer of the upstream, with and without the floor between, and misses no frame", () =>
    Effect.gen(function* () {
      const upstream = yield* startProgram<unknown, number>("upstream")
      const origin = `http://127.0.0.1:${yield* upstream.ask({})}`
      const load = yield* startLoad
      const origins = [origin]
      for (const way of ["request", "stream"]) {
        const floor = yield* startProgram<unknown, number>("floor-proxy", [origin, way])
        origins.push(`http://127.0.0.1:${yield* floor.ask({})}`)
      }
      for (const target of origins) {
        for (const kind of kinds) {
          const { requests, lost, sample } = yield* load.ask({
            origin: target,
            kind,
            connections: 4,
            runMs: 1,
            maxRequests: 4
          })
          assert.strictEqual(requests, 4)
          assert.strictEqual(lost, 0)
          assert.isAbove(sample.perSecond ?? 0, 0)
        }
      }
    }).pipe(Effect.scoped)
  )

  it.live("asks for streams in every protocol, with bodies small and large, and finds each word of the answers", () =>
    Effect.gen(function* () {
      const upstream = yield* startProgram<unknown, number>("upstream")
      const origin = `http://127.0.0.1:${yield* upstream.ask({})}`
      const load = yield* startLoad
      const run = { origin, kind: "burst", model: "burst", connections: 2, runMs: 1, maxRequests: 2 } as const
      for (const client of ["openai", "claude", "gemini"] as const) {
        for (const size of [{}, { bodyBytes: 100_000 }]) {
          const { requests, lost } = yield* load.ask({ ...run, ...size, client })
          assert.deepStrictEqual({ requests, lost }, { requests: 2, lost: 0 })
        }
      }
    }).pipe(Effect.scoped)
  )

  it.live("sends a server the headers and the names of models that it needs", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const server = yield* startServer(async (request, response) => {
        const chunks: Array<Buffer> = []
        for await (const chunk of request) chunks.push(chunk as Buffer)
        const { model } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly model: string }
        asked.push({ model, provider: request.headers["x-portkey-provider"] })
        response.end(wholeAnswer)
      })
      const load = yield* startLoad
      yield* load.ask({
        origin: server.origin,
        kind: "whole",
        connections: 1,
        runMs: 1,
        maxRequests: 1,
        headers: { "x-portkey-provider": "openai" },
        modelPrefix: "bench,"
      })
      assert.deepStrictEqual(asked, [{ model: "bench,whole", provider: "openai" }])
    }).pipe(Effect.scoped)
  )

  it.live("notices frames that are missing, and frames in the wrong order", () =>
    Effect.gen(function* () {
      const load = yield* startLoad
      const cut = yield* streaming([...whole.slice(0, -3), lastFrame])
      const swapped = yield* streaming([...whole.slice(0, 3), ...whole.slice(3).toReversed(), lastFrame])
      const run = { connections: 1, runMs: 1, maxRequests: 1 }
      assert.strictEqual((yield* load.ask({ origin: cut.origin, kind: "burst", ...run })).lost, 3)
      assert.strictEqual((yield* load.ask({ origin: cut.origin, kind: "paced", ...run })).lost, 3)
      assert.isAbove((yield* load.ask({ origin: swapped.origin, kind: "paced", ...run })).lost, 0)
    }).pipe(Effect.scoped)
  )

  it.live("fails on an error answer instead of counting it as a fast one", () =>
    Effect.gen(function* () {
      const load = yield* startLoad
      const refusing = yield* startServer((request, response) => {
        request.resume()
        response.writeHead(503).end("{}")
      })
      const error = yield* Effect.flip(
        load.ask({ origin: refusing.origin, kind: "whole", connections: 1, runMs: 1, maxRequests: 1 })
      )
      assert.include(error.message, "503")
    }).pipe(Effect.scoped)
  )
})
