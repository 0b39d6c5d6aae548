import { Effect } from "effect"
import { once } from "node:events"
import { createServer as createHttpServer } from "node:http"
import { connect, createServer } from "node:net"
import type { AddressInfo } from "node:net"

import { startServer } from "./loopback-server.ts"

/** An HTTP proxy that answers everything itself, with its name and what it was asked. */
export const startProxy = (name: string) =>
  startServer((request, response) =>
    response.end(`${name} ${request.url ?? ""} ${request.headers["proxy-authorization"] ?? ""}`)
  )

/** A SOCKS5 proxy (RFC 1928) without authentication. */
export const startSocks = Effect.acquireRelease(
  Effect.promise(async () => {
    const asked: Array<string> = []
    const server = createServer((client) => {
      client.once("data", () => {
        client.write(Buffer.from([5, 0]))
        client.once("data", (request) => {
          const named = request[3] === 3
          const length = named ? (request[4] ?? 0) : 4
          const start = named ? 5 : 4
          const port = request.readUInt16BE(start + length)
          const address = request.subarray(start, start + length)
          const host = named ? address.toString() : address.join(".")
          asked.push(`${host}:${port}`)
          const target = connect(port, "127.0.0.1", () => {
            client.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]))
            client.pipe(target).pipe(client)
          })
          target.on("error", () => client.destroy())
          client.on("error", () => target.destroy())
          client.on("close", () => target.destroy())
        })
      })
      client.on("error", () => {})
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    return { server, asked, port: (server.address() as AddressInfo).port }
  }),
  ({ server }) => Effect.sync(() => server.close())
)

/** An HTTP proxy that only tunnels (RFC 9110, section 9.3.6), to the port that it is asked for, on this machine. */
export const startTunnel = Effect.acquireRelease(
  Effect.promise(async () => {
    const asked: Array<{ readonly target: string; readonly authorization: string }> = []
    const server = createHttpServer((_, response) => response.writeHead(405).end())
    server.on("connect", (request, client, head) => {
      asked.push({ target: request.url ?? "", authorization: request.headers["proxy-authorization"] ?? "" })
      const target = connect(Number((request.url ?? "").split(":").at(-1)), "127.0.0.1", () => {
        client.write("HTTP/1.1 200 Connection Established\r\n\r\n")
        target.write(head)
        client.pipe(target).pipe(client)
      })
      target.on("error", () => client.destroy())
      client.on("error", () => target.destroy())
      client.on("close", () => target.destroy())
    })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    return { server, asked, port: (server.address() as AddressInfo).port }
  }),
  ({ server }) =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
)
