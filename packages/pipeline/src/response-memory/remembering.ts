import { Effect, Result } from "effect"

import type { JsonObject } from "../canonical/json.ts"
import { isObject, parseJson, textOr, withinStack } from "../codecs/json-fields.ts"
import type { ClientRequest } from "../gateway.ts"
import type { GatewayError, InvalidRequest } from "../gateway-error.ts"
import type { ResponseSink } from "../response-sink.ts"
import { isEventStream } from "../wire/event-stream.ts"
import { readSseEvents } from "../wire/sse-events.ts"
import type { ResponseMemory } from "./response-memory.ts"

type Serve = (request: ClientRequest, sink: ResponseSink) => Effect.Effect<void, GatewayError>

/** Bytes of an answer beyond which it is not remembered. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024

/**
 * Serves requests of the Responses API with what they refer to in place, and remembers the answers of those that do not
 * say `store: false`. All other requests are served as they are.
 */
export const rememberingResponses =
  (memory: ResponseMemory, serve: Serve): Serve =>
  (request, sink) =>
    Effect.suspend(() => {
      if (request.protocol !== "openai-response") return serve(request, sink)
      const resolved = resolvedRequest(memory, request)
      if (Result.isFailure(resolved)) return Effect.fail(resolved.failure)
      const whole = resolved.success
      return serve(whole, whole.json["store"] === false ? sink : rememberingSink(memory, whole, sink))
    })

/** A request of the Responses API with what it refers to in place; any other as it is. */
export const resolvedRequest = (
  memory: ResponseMemory,
  request: ClientRequest
): Result.Result<ClientRequest, InvalidRequest> =>
  request.protocol === "openai-response"
    ? Result.flatMap(memory.resolve(request.json, clientOf(request)), (json) => {
        if (json === request.json) return Result.succeed(request)
        const previousResponseId = textOr(request.json["previous_response_id"]) || undefined
        return withinStack(() =>
          Result.succeed({ ...request, json, body: Buffer.from(JSON.stringify(json)), previousResponseId })
        )
      })
    : Result.succeed(request)

const clientOf = ({ principal }: ClientRequest): string => principal ?? ""

const rememberingSink = (memory: ResponseMemory, request: ClientRequest, sink: ResponseSink): ResponseSink => {
  const events = readSseEvents()
  const parts: Array<Uint8Array> = []
  let streaming = false
  let bytes = 0
  const remember = (response: JsonObject): void =>
    memory.remember(request.json, response, bytes + request.body.length, clientOf(request))

  return {
    ...sink,
    start: (status, headers) => {
      streaming = isEventStream(headers["content-type"])
      sink.start(status, headers)
    },
    write: (chunk) => {
      bytes += chunk.length
      if (bytes <= MAX_ANSWER_BYTES) {
        if (!streaming) parts.push(chunk)
        else {
          for (const { data, event } of events.push(chunk)) {
            if (!LAST_EVENTS.has(event)) continue
            const last = parseJson(data)
            if (isObject(last) && isObject(last["response"])) {
              // The deltas before it said the same.
              bytes = data.length
              remember(last["response"])
            }
          }
        }
      }
      return sink.write(chunk)
    },
    end: () => {
      if (!streaming && bytes <= MAX_ANSWER_BYTES) {
        const json = parseJson(Buffer.concat(parts).toString())
        if (isObject(json) && json["object"] === "response") remember(json)
      }
      sink.end()
    }
  }
}

/** Events that carry the whole answer. Source: OpenAI API reference, responses, streaming. */
const LAST_EVENTS: ReadonlySet<string> = new Set(["response.completed", "response.incomplete"])
