import { assert, describe, it } from "@effect/vitest"

import { untouchedReading } from "../../src/translate/answer-reading.ts"
import { jsonArraySink } from "../../src/translate/json-array-sink.ts"
import { withModelName } from "../../src/translate/model-name.ts"
import { EMPTY_REQUEST, makeTranslationContext } from "../../src/translate/translation-context.ts"
import { EVENT_TOO_LARGE, MAX_EVENT_CHARACTERS } from "../../src/wire/sse-events.ts"
import { recordingSink } from "../recording-sink.ts"

// As an HTTP connection brings them: to look at all of the line again for each would take minutes.
const PIECE = Buffer.alloc(16 * 1024, "x")
const PIECES = MAX_EVENT_CHARACTERS / PIECE.length + 1

describe("an event that does not end", { timeout: 60_000 }, () => {
  it("is given up where the model is called by another name", () => {
    const context = makeTranslationContext({ ...EMPTY_REQUEST, stream: true }, "m", 0)
    const passage = withModelName(untouchedReading("openai", context), "openai", "alias").stream()
    const begun = `data: ${JSON.stringify({ model: "m", choices: [{ index: 0, delta: { content: "Hi" } }] })}\n\n`
    assert.strictEqual(passage.push(Buffer.from(begun))?.toString(), begun.replace(`"m"`, `"alias"`))
    for (let count = 0; count < PIECES - 1; count++) assert.isUndefined(passage.push(PIECE))
    assert.isUndefined(passage.fault())
    assert.isUndefined(passage.push(PIECE))
    assert.deepStrictEqual(passage.fault(), { kind: "broken", message: EVENT_TOO_LARGE })
    assert.isUndefined(passage.end())
  })

  it("ends a JSON array with an error", () => {
    const sink = recordingSink()
    const array = jsonArraySink(sink)
    array.start(200, { "content-type": "text/event-stream" })
    array.write(Buffer.from("data: 1\n\ndata: "))
    for (let count = 0; count < PIECES; count++) assert.isTrue(array.write(PIECE))
    assert.isTrue(array.write(Buffer.from("\n\ndata: 2\n\n")))
    array.end()
    const [first, last, ...more] = JSON.parse(sink.text())
    assert.deepStrictEqual([first, last.error.code, last.error.message, more], [1, 502, EVENT_TOO_LARGE, []])
    assert.isTrue(sink.ended())
  })
})
