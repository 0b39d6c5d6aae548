import type { StreamEvent } from "../../canonical/stream-event.ts"
import type { EmitFrame, StreamEncoder, TranslationContext } from "../codec.ts"
import { errorFields, failureOf } from "./errors.ts"
import type { SendEvent } from "./stream-items.ts"
import { makeStreamedResponse } from "./streamed-response.ts"

/**
 * Writes a stream as the official SDK accumulates it: each event has a name, which is also its `type`, and a
 * `sequence_number` one higher than that of the event before; `response.created` is the first, and the last is exactly
 * one of `response.completed`, `response.incomplete` and `response.failed`. There is no `[DONE]`.
 * Source: https://platform.openai.com/docs/api-reference/responses-streaming.
 */
export const makeStreamEncoder = (context: TranslationContext): StreamEncoder => {
  let frames: EmitFrame | undefined
  let sequence = 0
  let over = false
  const send: SendEvent = (type, fields) =>
    frames?.(`{"type":"${type}","sequence_number":${sequence++}${fields}}`, type)
  const response = makeStreamedResponse(context, send)

  const handle = (event: StreamEvent): void => {
    // This protocol has one answer per request.
    if ("choice" in event && event.choice !== 0) return
    switch (event.type) {
      case "text":
        return response.openPart(event.part)?.append(event.text)
      case "arguments":
        return response.openPart(event.part)?.append(event.json)
      case "citation":
        return response.note(event.part, (text) => text.cite(event.citation))
      case "logprobs":
        return response.note(event.part, (text) => text.tell(event.tokens))
      case "start":
        return response.start(event.model, event.createdAt, event.serviceTier)
      case "part_start":
        return response.startPart(event.part, event.value)
      case "signature":
        return response.openPart(event.part)?.prove(event.signature)
      case "redacted":
        return response.openPart(event.part)?.redact(event.value)
      case "part_end":
        return response.endPart(event.part)
      case "usage":
        return response.addUsage(event.usage)
      case "finish":
        return response.finish(event.reason)
      case "end":
        over = true
        return response.end()
      case "error": {
        over = true
        const error = { ...event.error, param: null }
        send("error", errorFields(error))
        return response.fail(failureOf(error))
      }
    }
  }

  return {
    push: (event, emit) => {
      if (over) return
      frames = emit
      handle(event)
    }
  }
}
