import { Effect, type Scope } from "effect"
import { once } from "node:events"
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"

/** A real HTTP server on loopback. */
export interface LoopbackServer {
  /** Without a trailing slash. */
  readonly url: string
  /** Open connections. */
  readonly connections: () => number
}

export const startServer = (serve: RequestListener): Effect.Effect<LoopbackServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    let connections = 0
    const server = yield* Effect.acquireRelease(
      Effect.promise(async () => {
        const server = createServer(serve).listen(0, "127.0.0.1")
        server.on("connection", (socket) => {
          connections++
          socket.on("close", () => connections--)
        })
        await once(server, "listening")
        return server
      }),
      (server) =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    )
    const { port } = server.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}`, connections: () => connections }
  })

/** What a server was asked. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Reads requests whole before it answers them, and remembers them. */
export const asking = (
  asked: Array<Asked>,
  answer: (asked: Asked, response: Parameters<RequestListener>[1]) => void
): RequestListener => {
  return (request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const got = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks).toString()
      }
      asked.push(got)
      answer(got, response)
    })
  }
}

/** Waits until `condition` holds, looking every few milliseconds. What never holds ends with the time of the test. */
export const until = (condition: () => boolean): Effect.Effect<void> =>
  Effect.gen(function* () {
    while (!condition()) yield* Effect.sleep(5)
  })

/** Lets the event loop turn often enough for what was written to a socket of this process to be read at its other end. */
export const arrival: Effect.Effect<void> = Effect.forEach(Array.from({ length: 10 }), () => Effect.sleep(5), {
  discard: true
})
