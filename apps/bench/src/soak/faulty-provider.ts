import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

import { Effect, type Scope } from "effect"

import { numberOf, soakAnswer } from "./soak-answers.ts"
import type { Episode, Fault, FaultScript } from "./fault-script.ts"
import type { SoakProvider } from "./soak-pools.ts"

/** What the providers of a soak have seen, all together. */
export interface ProviderRecords {
  readonly served: Map<string, number>
  readonly failed: Map<string, number>
  readonly faults: Map<Fault, number>
  /** What became of each request that is not settled yet, attempt by attempt. */
  readonly attempts: Map<number, Array<string>>
  /** Requests whose stream was cut after it had said something. */
  readonly cutLater: Set<number>
  /** What ends the streams that are held open after their first words, by key. */
  readonly held: Map<string, Set<() => void>>
  /** Whether streams are held. */
  holding: boolean
}

/** Records of nothing. */
export const makeRecords = (): ProviderRecords => ({
  served: new Map(),
  failed: new Map(),
  faults: new Map(),
  attempts: new Map(),
  cutLater: new Set(),
  held: new Map(),
  holding: false
})

/** A provider that listens. */
export interface RunningProvider {
  readonly provider: SoakProvider
  readonly origin: string
  /** Open connections. */
  readonly connections: () => number
}

const count = <K>(map: Map<K, number>, key: K): void => {
  map.set(key, (map.get(key) ?? 0) + 1)
}

/** Starts a provider on loopback that serves and fails as the script says. */
export const startFaultyProvider = (
  provider: SoakProvider,
  script: FaultScript,
  random: () => number,
  records: ProviderRecords
): Effect.Effect<RunningProvider, never, Scope.Scope> =>
  Effect.gen(function* () {
    let connections = 0
    const answer = (request: IncomingMessage, response: ServerResponse, body: string): void => {
      const key = (request.headers.authorization?.replace("Bearer ", "") ?? request.headers["x-api-key"]) as string
      const number = numberOf(body)
      const episode = script.episodeOf(key, Date.now())
      const fault = episode !== undefined && random() < episode.share ? episode.fault : undefined
      const attempts = records.attempts.get(number) ?? []
      records.attempts.set(number, [...attempts, `${key}: ${fault ?? "served"}`])
      const exchange = { key, number, response, stream: body.includes('"stream":true') }
      if (fault === undefined || episode === undefined) {
        count(records.served, key)
        serve(provider, exchange, records)
      } else {
        count(records.failed, key)
        count(records.faults, fault)
        failWith(fault, episode, provider, exchange, records)
      }
    }
    const server = yield* Effect.acquireRelease(
      Effect.callback<Server>((resume) => {
        const listening = createServer((request, response) => {
          const chunks: Array<Buffer> = []
          request.on("data", (chunk: Buffer) => chunks.push(chunk))
          request.on("end", () => answer(request, response, Buffer.concat(chunks).toString()))
        })
        listening.on("connection", (socket) => {
          connections++
          socket.on("close", () => connections--)
        })
        listening.listen(0, "127.0.0.1", () => resume(Effect.succeed(listening)))
      }),
      (listening) =>
        Effect.sync(() => {
          listening.close()
          listening.closeAllConnections()
        })
    )
    const { port } = server.address() as AddressInfo
    return { provider, origin: `http://127.0.0.1:${port}`, connections: () => connections }
  })

interface Exchange {
  readonly key: string
  readonly number: number
  readonly response: ServerResponse
  readonly stream: boolean
}

const JSON_TYPE = { "content-type": "application/json" }
const EVENT_TYPE = { "content-type": "text/event-stream" }

const serve = (
  { protocol }: SoakProvider,
  { key, number, response, stream }: Exchange,
  records: ProviderRecords
): void => {
  const { first, head, rest, whole } = soakAnswer(protocol, number, key)
  if (!stream) return void response.writeHead(200, JSON_TYPE).end(whole)
  response.writeHead(200, EVENT_TYPE)
  if (!records.holding) return void response.write(head + first, () => response.end(rest))
  response.write(head + first)
  // Comments keep it from being taken for one that hangs.
  const beat = setInterval(() => response.write(": held\n\n"), HELD_BEAT_MS)
  const held = records.held.get(key) ?? new Set()
  records.held.set(key, held)
  const release = (): void => void response.end(rest)
  held.add(release)
  response.once("close", () => {
    clearInterval(beat)
    held.delete(release)
  })
}

const HELD_BEAT_MS = 250

/** Time for what was written to arrive before the connection is reset, in milliseconds. */
const ARRIVAL_MS = 20

const failWith = (
  fault: Fault,
  { endsAt }: Episode,
  { protocol }: SoakProvider,
  { key, number, response, stream }: Exchange,
  records: ProviderRecords
): void => {
  const { empty, emptyStream, first, head, whole } = soakAnswer(protocol, number, key)
  const reset = (): unknown => response.socket?.resetAndDestroy()
  const begin = (text: string): void => {
    response.writeHead(200, stream ? EVENT_TYPE : { ...JSON_TYPE, "content-length": Buffer.byteLength(whole) })
    response.write(text)
  }
  const refuse = (status: number, headers: Record<string, string> = {}): void => {
    const error = { type: "soak_error", message: `${key} fails with ${status}` }
    response.writeHead(status, { ...JSON_TYPE, ...headers }).end(JSON.stringify({ type: "error", error }))
  }
  switch (fault) {
    case "limited":
      return refuse(429)
    case "limited-hint": {
      const leftMs = Math.max(1, Math.ceil(endsAt - Date.now()))
      return refuse(429, number % 2 === 0 ? { "retry-after-ms": String(leftMs) } : { "retry-after": "1" })
    }
    case "error-500":
      return refuse(500)
    case "error-503":
      return refuse(503)
    case "reset":
      return void reset()
    case "reset-late":
      begin(stream ? "" : whole.slice(0, 10))
      return void setTimeout(reset, ARRIVAL_MS)
    case "hang":
      return
    case "stall":
      return begin(stream ? head : whole.slice(0, 10))
    case "cut":
      begin(stream ? head : whole.slice(0, 10))
      // A whole answer that is shorter than it says breaks the connection, a stream just ends.
      return void (stream ? response.end() : setTimeout(reset, ARRIVAL_MS))
    case "empty":
      return void response.writeHead(200, stream ? EVENT_TYPE : JSON_TYPE).end(stream ? emptyStream : empty)
    case "cut-later":
      if (stream) records.cutLater.add(number)
      begin(stream ? head + first : whole.slice(0, 10))
      return void setTimeout(reset, ARRIVAL_MS)
  }
}
