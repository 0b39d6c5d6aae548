import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import { geminiClient, geminiProvider } from "../../../src/codecs/gemini/codec.ts"
import { contextOf } from "./translation.ts"

const FIELDS = (
  "contents parts role text thought thoughtSignature functionCall functionResponse name id args response inlineData " +
  "mimeType data fileData fileUri candidates content finishReason index usageMetadata promptTokenCount error code status " +
  "message details promptFeedback blockReason systemInstruction tools functionDeclarations parameters properties type " +
  "items anyOf toolConfig functionCallingConfig mode allowedFunctionNames generationConfig thinkingConfig thinkingBudget " +
  "responseSchema stopSequences temperature generateContentRequest __proto__ constructor"
).split(" ")

/** JSON that looks like the protocol's from afar. */
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, 0, -1, 1.5, "", "x", "user", "model", "STOP", "OBJECT", "AUTO", "\ud83d"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...FIELDS), tie("value"), { maxKeys: 5 })
  )
})).value

const object = json.filter(
  (value): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value)
)

const RUNS = { numRuns: 500 }

describe("arbitrary JSON", () => {
  it("as a request is read, or refused with a 400 that names a field", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          object,
          json.map((contents) => ({ contents }))
        ),
        (body) => {
          for (const decode of [
            geminiClient.decodeRequest,
            geminiClient.decodeCountRequest ?? geminiClient.decodeRequest
          ]) {
            const result = decode(body, { model: "m", stream: false })
            if (Result.isFailure(result)) {
              assert.strictEqual(result.failure.status, 400)
              assert.isString(result.failure.param)
            } else geminiProvider.encodeRequest(result.success, contextOf(result.success, "gemini-3-pro-preview"))
          }
        }
      ),
      RUNS
    )
  })

  it("as an answer is read, and can be written", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          object,
          json.map((candidates) => ({ candidates: [candidates] }))
        ),
        (body) => {
          geminiClient.encodeResponse(geminiProvider.decodeResponse(body, contextOf()), contextOf())
          geminiProvider.decodeTokenCount(body)
        }
      ),
      RUNS
    )
  })

  it("as an error is read", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          json,
          json.map((error) => ({ error }))
        ),
        (body) => {
          const status = geminiProvider.decodeError(body)?.status
          assert.isTrue(status === undefined || (status >= 400 && status <= 599))
        }
      ),
      RUNS
    )
  })

  it("as a stream ends once, with `end` or with `error`", () => {
    const data = fc.oneof(
      fc.string(),
      json.map((value) => JSON.stringify(value))
    )
    fc.assert(
      fc.property(fc.array(data, { maxLength: 5 }), (chunks) => {
        const events: Array<StreamEvent> = []
        const emit = (event: StreamEvent): void => {
          events.push(event)
        }
        const decoder = geminiProvider.makeStreamDecoder(contextOf())
        const encoder = geminiClient.makeStreamEncoder(contextOf())
        for (const chunk of chunks) decoder.push(chunk, emit)
        decoder.end(emit)
        decoder.end(emit)
        const last = events.filter(({ type }) => type === "end" || type === "error")
        assert.strictEqual(last.length, 1)
        assert.strictEqual(last[0], events.at(-1))
        for (const event of events) encoder.push(event, (frame) => assert.isObject(JSON.parse(frame)))
      }),
      RUNS
    )
  })
})
