import * as fc from "fast-check"
import { assert, describe, it } from "vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { Message } from "../../../src/canonical/message.ts"
import type { Part } from "../../../src/canonical/part.ts"
import type { CanonicalResponse, Choice } from "../../../src/canonical/response.ts"
import { openaiResponsesClient } from "../../../src/codecs/openai-responses/codec.ts"
import { withoutNotes } from "../note-arbitraries.ts"
import { choice, requestWithTools, streamedChoice } from "./canonical-arbitraries.ts"
import { accumulated } from "./official-sdk.ts"
import { asJson, contextOf, decoded } from "./translation-context.ts"
import { eventsOf, writtenStream } from "./written-stream.ts"

const answerOf = (made: Choice): CanonicalResponse => ({ id: "p", model: "m", choices: [made] })

const written = (made: Choice): JsonObject =>
  openaiResponsesClient.encodeResponse(answerOf(made), contextOf(requestWithTools))

/** What becomes of an answer that the client sends back in its next request. */
const sentBack = (output: unknown): ReadonlyArray<Message> => decoded({ ...requestWithTools, input: output }).messages

const asTurn = (parts: ReadonlyArray<Part>): unknown =>
  asJson(parts.length === 0 ? [] : [{ role: "assistant", parts: withoutNotes(parts) }])

describe("An answer that goes to a client and comes back", () => {
  it("is the same when it was whole", () => {
    fc.assert(
      fc.property(choice, (made) => {
        assert.deepStrictEqual(asJson(sentBack(written(made)["output"])), asTurn(made.parts))
      })
    )
  })

  it("is the same when it was streamed to the official SDK, and the SDK's own output is sent", async () => {
    await fc.assert(
      fc.asyncProperty(streamedChoice, async ([made, events]) => {
        const response = await accumulated(writtenStream(events, contextOf(requestWithTools)))
        assert.deepStrictEqual(asJson(sentBack(response["output"])), asTurn(made.parts))
      }),
      { numRuns: 60 }
    )
  })
})

/** Ends the names of the events that say at once what deltas have said before. */
const WHOLE = /(?<=text|refusal|arguments|input)\.done$/

describe("A streamed answer", () => {
  it("ends with the response that the whole answer would have been", () => {
    fc.assert(
      fc.property(streamedChoice, ([made, events]) => {
        const last = eventsOf(writtenStream(events, contextOf(requestWithTools))).at(-1)
        assert.deepStrictEqual(last?.["response"], asJson(written(made)))
      })
    )
  })

  it("gives each item one index, one beginning and one end, and each event the next number", () => {
    fc.assert(
      fc.property(streamedChoice, ([, events]) => {
        const all = eventsOf(writtenStream(events, contextOf(requestWithTools)))
        const indexesOf = (type: string): ReadonlyArray<unknown> =>
          all.filter((event) => event["type"] === type).map((event) => event["output_index"])
        const begun = indexesOf("response.output_item.added")
        assert.deepStrictEqual(begun, [...begun.keys()])
        assert.sameMembers([...indexesOf("response.output_item.done")], [...begun])
        assert.deepStrictEqual(
          all.map((event) => event["sequence_number"]),
          [...all.keys()]
        )
      })
    )
  })

  it("says the same in pieces and at once", () => {
    fc.assert(
      fc.property(streamedChoice, ([, events]) => {
        const all = eventsOf(writtenStream(events, contextOf(requestWithTools)))
        for (const done of all.filter((event) => WHOLE.test(String(event["type"])))) {
          const pieces = all.filter(
            (event) =>
              event["type"] === String(done["type"]).replace(WHOLE, ".delta") &&
              event["item_id"] === done["item_id"] &&
              event["content_index"] === done["content_index"]
          )
          const whole = done["text"] ?? done["refusal"] ?? done["arguments"] ?? done["input"]
          assert.strictEqual(pieces.map((event) => event["delta"]).join(""), whole)
        }
      })
    )
  })
})
