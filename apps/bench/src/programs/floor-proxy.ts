/**
 * The floor: what one would write by hand with node:http and undici to pass requests on, and nothing more. No client
 * keys, no scheduling, no failover. `floor-proxy ORIGIN request|stream`, by the method of undici that moves the
 * answer; `stream` is the cheaper one. Any job is answered with its port.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse
} from "node:http"
import type { AddressInfo } from "node:net"
import { pipeline } from "node:stream/promises"

import { Pool } from "undici"

import { answerJobs } from "./answer-jobs.ts"

const [origin = "", way] = process.argv.slice(2)
const pool = new Pool(origin, { connections: 512, keepAliveTimeout: 60_000 })

const requestOptions = (request: IncomingMessage) => ({
  method: "POST" as const,
  path: request.url ?? "/",
  headers: {
    "content-type": "application/json",
    "content-length": request.headers["content-length"],
    authorization: "Bearer upstream"
  },
  body: request
})

const answerHeaders = ({
  "content-type": type,
  "content-length": length
}: IncomingHttpHeaders): OutgoingHttpHeaders => ({
  ...(type === undefined ? {} : { "content-type": type }),
  ...(length === undefined ? {} : { "content-length": length })
})

const proxyByRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const upstream = await pool.request(requestOptions(request))
  response.writeHead(upstream.statusCode, answerHeaders(upstream.headers))
  await pipeline(upstream.body, response)
}

const proxyByStream = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  await pool.stream(requestOptions(request), ({ statusCode, headers }) =>
    response.writeHead(statusCode, answerHeaders(headers))
  )
}

const proxy = way === "stream" ? proxyByStream : proxyByRequest

const server = createServer((request, response) => {
  proxy(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
})
server.keepAliveTimeout = 60_000
const listening = new Promise<number>((resolve) => {
  server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port))
})

answerJobs(() => listening)
