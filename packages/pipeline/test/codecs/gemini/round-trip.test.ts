import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { Part } from "../../../src/canonical/part.ts"
import type { CanonicalResponse } from "../../../src/canonical/response.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import { geminiClient, geminiProvider } from "../../../src/codecs/gemini/codec.ts"
import { eventsOfText } from "../note-arbitraries.ts"
import { canonicalRequest, canonicalResponse, carriedParts } from "./generators.ts"
import { assembled, joinedChunks } from "./stream-assembly.ts"
import { asJson, contextOf, decoded, decodedStream, encoded, encodedStream, requestOf } from "./translation.ts"

/** A text in pieces of `size` UTF-16 units, never within a surrogate pair: what a canonical stream may hold. */
const pieces = (text: string, size: number): ReadonlyArray<string> => {
  const cut: Array<string> = []
  let piece = ""
  for (const character of text) {
    piece += character
    if (piece.length >= size) {
      cut.push(piece)
      piece = ""
    }
  }
  return piece === "" ? cut : [...cut, piece]
}

/** The events of one part, from its begin to its end. */
const eventsOfPart = (value: Part, choice: number, part: number, size: number): ReadonlyArray<StreamEvent> => {
  const at = { choice, part }
  const ended: StreamEvent = { type: "part_end", ...at }
  switch (value.type) {
    case "text":
      return [
        { type: "part_start", ...at, value: { type: "text" } },
        ...eventsOfText(value, at, pieces(value.text, size)),
        ended
      ]
    case "reasoning":
      return [
        { type: "part_start", ...at, value: { type: "reasoning" } },
        ...pieces(value.text, size).map((text): StreamEvent => ({ type: "text", ...at, text })),
        ...(value.signature === undefined ? [] : [{ type: "signature", ...at, signature: value.signature } as const]),
        ended
      ]
    case "tool_call": {
      const { id, name, signature } = value
      return [
        { type: "part_start", ...at, value: { type: "tool_call", id, name, signature } },
        ...pieces(JSON.stringify(value.arguments), size).map((json): StreamEvent => ({
          type: "arguments",
          ...at,
          json
        })),
        ended
      ]
    }
    case "foreign":
      return [{ type: "part_start", ...at, value }, ended]
    default:
      throw new Error(`A stream has no part of type ${value.type}.`)
  }
}

/** A stream of the answer. With `mixed`, parts that follow one another are open at the same time. */
const streamOf = (response: CanonicalResponse, size: number, mixed: boolean): ReadonlyArray<StreamEvent> => {
  const { choices, id, model, usage } = response
  const events: Array<StreamEvent> = [{ type: "start", id, model }]
  for (const [choice, { parts }] of choices.entries()) {
    const lists = parts.map((part, index) => [...eventsOfPart(part, choice, index, size)])
    if (!mixed) events.push(...lists.flat())
    else {
      // All begin in their order; then each is told in turn.
      for (const list of lists) events.push(...list.splice(0, 1))
      while (lists.some((list) => list.length > 0))
        for (const list of lists.toReversed()) events.push(...list.splice(0, 1))
    }
  }
  for (const [choice, { stopReason }] of choices.entries()) {
    events.push({ type: "finish", choice, reason: stopReason ?? "stop" })
  }
  if (usage !== undefined) events.push({ type: "usage", usage })
  return [...events, { type: "end" }]
}

describe("what the protocol can hold", () => {
  it("is the same request after it was written and read", () => {
    fc.assert(
      fc.property(canonicalRequest, (request) => {
        assert.deepStrictEqual(asJson(decoded(asJson(encoded(request)))), asJson(requestOf(request)))
      })
    )
  })

  it("is the same body after it was read and written", () => {
    fc.assert(
      fc.property(canonicalRequest, (request) => {
        const wire = asJson(encoded(request))
        const read = decoded(wire)
        assert.deepStrictEqual(asJson(geminiProvider.encodeRequest(read, contextOf(read))), wire)
      })
    )
  })

  it("is the same answer after it was written and read", () => {
    fc.assert(
      fc.property(canonicalResponse, (response) => {
        const wire = asJson(geminiClient.encodeResponse(response, contextOf()))
        assert.deepStrictEqual(asJson(geminiProvider.decodeResponse(wire, contextOf())), asJson(response))
      })
    )
  })

  it("is the same answer after it was streamed", () => {
    fc.assert(
      fc.property(canonicalResponse, fc.integer({ min: 1, max: 9 }), fc.boolean(), (response, size, mixed) => {
        const streamed = assembled(decodedStream(encodedStream(streamOf(response, size, mixed))))
        assert.deepStrictEqual(asJson(streamed), asJson(response))
      })
    )
  })

  it("is, streamed and joined as SDKs join it, the answer that is not streamed", () => {
    fc.assert(
      fc.property(canonicalResponse, fc.integer({ min: 1, max: 9 }), fc.boolean(), (response, size, mixed) => {
        const chunks = encodedStream(streamOf(response, size, mixed)).map((data) => JSON.parse(data) as JsonObject)
        const whole = asJson(geminiClient.encodeResponse(response, contextOf()))
        assert.deepStrictEqual(joinedChunks(chunks), joinedChunks([whole]))
      })
    )
  })

  it("comes back from a client in its history, signatures and encrypted thoughts of all providers too", () => {
    fc.assert(
      fc.property(carriedParts, (parts) => {
        const response: CanonicalResponse = { id: "r", model: "m", choices: [{ parts, stopReason: "stop" }] }
        const { candidates } = asJson(geminiClient.encodeResponse(response, contextOf()))
        const [candidate] = candidates as ReadonlyArray<{ content: JsonObject }>
        const { messages } = decoded({ contents: [candidate?.content ?? {}] })
        assert.deepStrictEqual(asJson(messages), asJson([{ role: "assistant" as const, parts }]) as never)
      })
    )
  })
})
