import { randomUUID } from "node:crypto"
import {
  createServer,
  type IncomingMessage,
  type Server as HttpServer,
  STATUS_CODES,
  type ServerResponse
} from "node:http"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"

import { clientCodecs, Gateway, type GatewayError } from "@cliproxy/pipeline"
import { Cause, Context, Effect, Fiber, Layer, Scope } from "effect"

import { clientProtocol } from "./client-protocol.ts"
import { type ErrorAnswer, fromGatewayError, internalError, invalidRequest, shuttingDown } from "./error-answer.ts"
import { type Exchange, splitTarget } from "./exchange.ts"
import { makeHttpAnswer } from "./http-answer.ts"
import { type ListenError, listenErrorFrom } from "./listen-error.ts"
import { makeOpenExchanges } from "./open-exchanges.ts"
import type { Rejected } from "./rejected.ts"
import { metricsPath } from "./management/insight-routes.ts"
import { isOperatorsPath } from "./management/management.ts"
import { isThisMachine, noManagement } from "./management/management-key.ts"
import { makeRoutes } from "./routes.ts"
import { defaultLimits, type ServerOptions } from "./server-options.ts"

/** How a drain went. */
export interface DrainReport {
  /** Requests that were open when it began and ended by themselves within the grace period. */
  readonly finished: number
  /** Requests that were still open at its end and were aborted. */
  readonly aborted: number
}

/** A server that listens. */
export interface RunningServer {
  /** Address that was bound, as an address and never a name. */
  readonly host: string
  /** Port that was bound; the chosen one when 0 was asked for. */
  readonly port: number
  /** `http://HOST:PORT`, something that a client on this machine can use even when every address was bound. */
  readonly url: string
  /** Requests whose answer is not finished, or whose fiber still clears up. */
  readonly openRequests: Effect.Effect<number>
  /**
   * Stops accepting, lets open requests finish for at most `graceMs` milliseconds (default: the server's), then aborts the
   * rest and closes every connection. Runs once; later calls wait for the first. Closing the server's scope does the same.
   */
  readonly drain: (graceMs?: number) => Effect.Effect<DrainReport>
}

/** The listening server as a service, for programs built of layers. */
export class Server extends Context.Service<Server, RunningServer>()("@cliproxy/server/Server") {}

/** Milliseconds that aborted answers get to reach their clients before the connections are cut. */
const abortFlushMs = 200

const listen = (server: HttpServer, host: string, port: number): Effect.Effect<AddressInfo, ListenError> =>
  Effect.callback((resume) => {
    const onError = (error: NodeJS.ErrnoException) => resume(Effect.fail(listenErrorFrom(error, host, port)))
    server.once("error", onError)
    server.listen({ host, port }, () => {
      server.off("error", onError)
      const bound = server.address()
      // Only a server on a pipe has another kind of address.
      if (bound !== null && typeof bound === "object") resume(Effect.succeed(bound))
    })
  })

const urlOf = ({ address, family, port }: AddressInfo): string => {
  if (address === "0.0.0.0" || address === "::") return `http://localhost:${port}`
  return family === "IPv6" ? `http://[${address}]:${port}` : `http://${address}:${port}`
}

/** What Node could not parse or did not get in time never becomes a request; it is answered on the bare connection. */
const answerClientError = (error: NodeJS.ErrnoException, socket: Duplex) => {
  const [status, message] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? ([431, "The request's headers are too large."] as const)
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? ([408, "The request took too long to arrive."] as const)
        : ([400, "The request is not valid HTTP."] as const)
  const body = JSON.stringify(clientCodecs.openai.encodeError(invalidRequest(status, message)))
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `x-request-id: ${randomUUID()}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}

const answerFor = (error: Rejected | GatewayError): ErrorAnswer =>
  error._tag === "Rejected" ? error.answer : fromGatewayError(error)

/** Probes ask for health, and monitoring for numbers, every few seconds; their lines would bury the others. */
const probes: ReadonlySet<string> = new Set(["/healthz", "/readyz", metricsPath])

const levelOf = ({ path }: Exchange, status: number) => (probes.has(path) && status < 400 ? "Debug" : "Info")

const logAccess = (exchange: Exchange, status: number, ms: number) => {
  const { id: requestId, method, path } = exchange
  const line = Effect.logWithLevel(levelOf(exchange, status))("request")
  return Effect.annotateLogs(line, { method, path, status, ms, requestId })
}

/**
 * Listens and serves until the scope closes; then it drains.
 *
 * Each request is one fiber. A client that hangs up before its answer is finished interrupts it at once. One line per
 * request goes to the log: method, path, status, milliseconds, request ID; status 499 means that the client hung up. Health
 * probes and scrapes that went well are logged as debug lines.
 *
 * Fails with `PortInUse`, `AddressNotAvailable`, `ListenForbidden` or `ListenFailed`.
 */
export const serve = Effect.fnUntraced(function* (
  options: ServerOptions
): Effect.fn.Return<RunningServer, ListenError, Gateway | Scope.Scope> {
  const context = yield* Effect.context<Gateway>()
  const limits = { ...defaultLimits, ...options.limits }
  const open = makeOpenExchanges()
  let draining = false
  /** Known once it listens. */
  let exposed = true
  let onIdle: (() => void) | undefined

  const gateway = Context.get(context, Gateway)
  const route = makeRoutes({
    gateway,
    apiKeys: options.apiKeys,
    exposed: () => exposed,
    management: options.management ?? noManagement,
    configuration: options.configuration,
    maxBodyBytes: limits.maxBodyBytes,
    keepAliveMs: options.keepAliveMs ?? (() => 0),
    draining: () => draining
  })

  const serveExchange = (exchange: Exchange): Effect.Effect<void> =>
    Effect.clockWith((clock) => {
      const { answer, id } = exchange
      const startedAt = clock.currentTimeMillisUnsafe()
      const served = Effect.matchCauseEffect(
        Effect.suspend(() => route(exchange)),
        {
          onSuccess: () => {
            if (answer.sink.started()) {
              answer.sink.end()
              return Effect.void
            }
            answer.fail(internalError(id))
            return Effect.annotateLogs(Effect.logError("a request ended without an answer"), { requestId: id })
          },
          onFailure: (cause) => {
            const failure = cause.reasons.find(Cause.isFailReason)
            if (failure !== undefined) {
              answer.fail(answerFor(failure.error))
              return Effect.void
            }
            answer.fail(internalError(id))
            return Effect.annotateLogs(Effect.logError("a request met a defect", cause), { requestId: id })
          }
        }
      )
      // Only an interruption ends `served` otherwise than well: the client hung up, or a drain ran out of patience.
      return Effect.onExit(served, (exit) => {
        const status = exit._tag === "Success" || answer.failed() ? answer.status() : 499
        return logAccess(exchange, status, clock.currentTimeMillisUnsafe() - startedAt)
      })
    })

  const fork = Effect.runForkWith(context)

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const id = randomUUID()
    const { path, query } = splitTarget(request.url ?? "/")
    const method = request.method ?? "GET"
    const protocol = clientProtocol(method, path, request.headers)
    const trace = options.traceHeader?.() === true ? () => gateway.insight?.headers(id) ?? [] : undefined
    const onDefect = (defect: unknown) =>
      fork(Effect.annotateLogs(Effect.logError("an answer met a defect", Cause.die(defect)), { requestId: id }))
    const answer = makeHttpAnswer(response, {
      requestId: id,
      protocol,
      cors: !isOperatorsPath(path),
      draining: () => draining,
      trace,
      writeTimeoutMs: limits.writeTimeoutMs,
      onDefect
    })
    const fiber = fork(serveExchange({ id, method, path, query, protocol, request, response, answer }))
    const close = open.add({ answer, response, fiber })
    let parts = 2
    const partDone = () => {
      parts -= 1
      if (parts > 0) return
      close()
      if (draining && open.count() === 0) onIdle?.()
    }
    fiber.addObserver(partDone)
    response.once("close", () => {
      if (!answer.finished()) fiber.interruptUnsafe()
      // The connection counts as idle only after this event.
      if (draining) setImmediate(() => server.closeIdleConnections())
      partDone()
    })
  }

  const server = createServer(
    {
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(5_000, Math.max(100, Math.floor(limits.headersTimeoutMs / 2))),
      maxHeaderSize: 32 * 1024
    },
    onRequest
  )
  // With a listener the body is asked for only when it is going to be read.
  server.on("checkContinue", onRequest)
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const answering = open.all().some(({ response }) => response.socket === socket && response.headersSent)
    if (error.code === "ECONNRESET" || !socket.writable || answering) socket.destroy()
    else answerClientError(error, socket)
  })

  const address = yield* listen(server, options.host, options.port)
  exposed = !isThisMachine(address.address)
  server.on("error", (error) => fork(Effect.logError("the listening socket failed", error)))

  const waitUntilIdle = Effect.callback<void>((resume) => {
    if (open.count() === 0) return resume(Effect.void)
    onIdle = () => resume(Effect.void)
    return Effect.sync(() => (onIdle = undefined))
  })

  const abortOpen = Effect.gen(function* () {
    const rest = open.all()
    for (const { answer, fiber } of rest) {
      answer.fail(shuttingDown)
      fiber.interruptUnsafe()
    }
    yield* Effect.timeoutOption(waitUntilIdle, abortFlushMs)
    return rest.length
  })

  const drainOnce = Effect.fnUntraced(function* (graceMs: number) {
    draining = true
    const before = open.count()
    // Also closes the connections that are idle now.
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    yield* Effect.timeoutOption(waitUntilIdle, graceMs)
    const aborted = open.count() === 0 ? 0 : yield* abortOpen
    server.closeAllConnections()
    yield* Effect.promise(() => closed)
    const report: DrainReport = { finished: Math.max(0, before - aborted), aborted }
    return report
  })

  let drained: Fiber.Fiber<DrainReport> | undefined
  const drain = (graceMs = options.graceMs ?? 30_000) =>
    Effect.suspend(() => Fiber.join((drained ??= fork(drainOnce(graceMs)))))

  yield* Effect.addFinalizer(() => drain())

  const running: RunningServer = {
    host: address.address,
    port: address.port,
    url: urlOf(address),
    openRequests: Effect.sync(() => open.count()),
    drain
  }
  return running
})

/** `serve` as a layer: the server listens while the layer lives. */
export const layerServer = (options: ServerOptions): Layer.Layer<Server, ListenError, Gateway> =>
  Layer.effect(Server, serve(options))
