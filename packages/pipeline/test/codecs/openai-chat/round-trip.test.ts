import { Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import { openaiChatClient, openaiChatProvider } from "../../../src/codecs/openai-chat/codec.ts"
import { completionOfFrames, responseOfEvents } from "./accumulate.ts"
import * as arbitrary from "./arbitraries.ts"
import { overTheWire } from "./fixtures.ts"
import { streamOf } from "./random-stream.ts"
import { plainRequest, testContext } from "./test-context.ts"

const withUsage = { ...plainRequest, stream: true, streamUsage: true }

const framesOf = (events: ReadonlyArray<StreamEvent>): ReadonlyArray<string> => {
  const encoder = openaiChatClient.makeStreamEncoder(testContext("m", withUsage))
  const frames: Array<string> = []
  for (const event of events) encoder.push(event, (data) => frames.push(data))
  return frames
}

describe("a chat completion", () => {
  it("holds every request that it can hold", () => {
    fc.assert(
      fc.property(arbitrary.request, (request) => {
        const body = overTheWire(openaiChatProvider.encodeRequest(request, testContext(request.model))) as JsonObject
        const target = { model: body["model"] as string, stream: body["stream"] === true }
        expect(Result.getOrThrow(openaiChatClient.decodeRequest(body, target))).toEqual(request)
      })
    )
  })

  it("holds every answer that it can hold", () => {
    fc.assert(
      fc.property(arbitrary.response, (response) => {
        const body = overTheWire(openaiChatClient.encodeResponse(response, testContext())) as JsonObject
        expect(openaiChatProvider.decodeResponse(body, testContext())).toEqual(response)
      })
    )
  })
})

const responseAndStream = arbitrary.response.chain((response) => fc.tuple(fc.constant(response), streamOf(response)))

describe("a stream of chunks", () => {
  it("adds up to the whole answer, as the SDKs add", () => {
    fc.assert(
      fc.property(responseAndStream, ([response, events]) => {
        const whole = overTheWire(openaiChatClient.encodeResponse(response, testContext("m", withUsage)))
        expect(completionOfFrames(framesOf(events))).toEqual(whole)
      })
    )
  })

  it("tells what it was told", () => {
    fc.assert(
      fc.property(responseAndStream, ([response, events]) => {
        const decoder = openaiChatProvider.makeStreamDecoder(testContext())
        const seen: Array<StreamEvent> = []
        for (const data of framesOf(events)) decoder.push(data, (event) => seen.push(event))
        decoder.end((event) => seen.push(event))
        expect(responseOfEvents(seen)).toEqual(response)
      })
    )
  })
})
