import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http"
import { text as readText } from "node:stream/consumers"
import { setImmediate as nextTurn } from "node:timers/promises"

import { Effect, type Scope } from "effect"

import { startServer } from "../loopback-server.ts"
import type { ConversationView } from "./conversation-view.ts"
import { seededRandom, type SeededRandom, slices } from "./seeded-random.ts"

/** A request that reached a simulator. */
export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly bodyText: string
  /** The parsed body; `undefined` for one that is empty or no JSON. */
  readonly body: unknown
}

/** A request that the provider took for a good one. */
export interface AcceptedRequest extends ReceivedRequest {
  /** What the model saw; `undefined` for requests that are not for a model's answer. */
  readonly view: ConversationView | undefined
}

/** A request that the provider refused as wrong. */
export interface RejectedRequest extends ReceivedRequest {
  readonly status: number
  /** The body that was answered. */
  readonly answer: unknown
}

/** What a simulator answers to a request. */
export type SimulatedAnswer =
  | {
      readonly kind: "whole"
      readonly view?: ConversationView
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body: unknown
    }
  /** The request broke the provider's rules. */
  | { readonly kind: "rejected"; readonly status: number; readonly body: unknown }
  /** Bytes in slices: a stream, or a whole answer that does not arrive whole. */
  | {
      readonly kind: "sliced"
      readonly view: ConversationView
      readonly contentType: string
      /** Each as its bytes are on the wire. None, before silence, is no answer at all. */
      readonly events: ReadonlyArray<string>
      readonly end: "ended" | "destroyed" | "silence"
    }

/** A running simulator of a provider. */
export interface Simulator {
  /** Such as `http://127.0.0.1:40000`, without a path. */
  readonly url: string
  readonly accepted: ReadonlyArray<AcceptedRequest>
  readonly rejected: ReadonlyArray<RejectedRequest>
  /** Models whose answer the other side hung up on before it was complete. */
  readonly abandoned: ReadonlyArray<string>
}

/** How a simulator behaves, besides its scenarios. */
export interface SimulatorOptions {
  /** The one key that it lets in. */
  readonly apiKey: string
  /** Decides where streams are cut. */
  readonly seed: number
}

/** Longest slice of a stream, in bytes: about as long as an event, so that many arrive in two. */
const LONGEST_SLICE = 300

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const receive = async (request: IncomingMessage): Promise<ReceivedRequest> => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://simulator")
  const bodyText = await readText(request)
  return {
    method: request.method ?? "GET",
    path: decodeURIComponent(pathname),
    query: searchParams,
    headers: request.headers,
    bodyText,
    body: parse(bodyText)
  }
}

const writeSliced = async (
  response: ServerResponse,
  answer: Extract<SimulatedAnswer, { kind: "sliced" }>,
  random: SeededRandom
): Promise<void> => {
  if (answer.events.length === 0 && answer.end === "silence") return
  response.writeHead(200, { "content-type": answer.contentType })
  response.flushHeaders()
  for (const slice of slices(Buffer.from(answer.events.join("")), LONGEST_SLICE, random)) {
    if (response.destroyed) return
    response.write(slice)
    // oxlint-disable-next-line no-await-in-loop -- slices must leave one by one
    await nextTurn()
  }
  if (answer.end === "ended") response.end()
  // What was written must leave before the socket goes.
  if (answer.end === "destroyed") response.write("", () => response.destroy())
}

/** Starts a simulator that lives as long as the scope. `answer` is the provider: it looks at a request and answers. */
export const startSimulator = (
  answer: (request: ReceivedRequest, random: SeededRandom) => SimulatedAnswer,
  { seed }: SimulatorOptions
): Effect.Effect<Simulator, never, Scope.Scope> =>
  Effect.gen(function* () {
    const accepted: Array<AcceptedRequest> = []
    const rejected: Array<RejectedRequest> = []
    const abandoned: Array<string> = []
    const serve = async (request: IncomingMessage, response: ServerResponse) => {
      const received = await receive(request)
      // A request's cuts depend on nothing but the seed and itself, so that tests may run in any order.
      const random = seededRandom(seed + received.bodyText.length)
      const given = answer(received, random)
      if (given.kind === "rejected") {
        rejected.push({ ...received, status: given.status, answer: given.body })
      } else {
        accepted.push({ ...received, view: given.view })
        response.on("close", () => {
          const cutByUs = given.kind === "sliced" && given.end === "destroyed"
          if (given.view !== undefined && !response.writableEnded && !cutByUs) abandoned.push(given.view.model)
        })
      }
      if (given.kind === "sliced") return writeSliced(response, given, random)
      const headers = given.kind === "whole" ? given.headers : {}
      response.writeHead(given.status, { "content-type": "application/json", ...headers })
      response.end(JSON.stringify(given.body))
    }
    const url = yield* startServer((request, response) => void serve(request, response))
    return { url, accepted, rejected, abandoned }
  })
