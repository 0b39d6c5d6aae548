import { createRequire } from "node:module"

import { assert, describe, it } from "vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import { openaiResponsesClient } from "../../../src/codecs/openai-responses/codec.ts"
import { listOr, objectOr } from "../../../src/codecs/json-fields.ts"
import { corpusText, streamCases } from "./corpus.ts"
import { accumulated, streamed } from "./official-sdk.ts"
import { contextOf } from "./translation-context.ts"
import { eventsOf, frame, writtenStream } from "./written-stream.ts"

const LAST_EVENTS = new Set(["response.completed", "response.incomplete", "response.failed"])

describe("A stream of the Responses API", () => {
  for (const [name, { request, events }] of streamCases) {
    const title = name.replaceAll("-", " ")

    it(`is written as the corpus says: ${title}`, () => {
      assert.strictEqual(writtenStream(events, contextOf(request)), corpusText(`streams/${name}.sse`))
    })

    it(`numbers its events without a gap and ends exactly once: ${title}`, () => {
      const written = eventsOf(writtenStream(events, contextOf(request)))
      assert.deepStrictEqual(
        written.map((event) => event["sequence_number"]),
        written.map((_, index) => index)
      )
      const last = written.filter((event) => LAST_EVENTS.has(String(event["type"])))
      assert.deepStrictEqual(last, [written.at(-1)])
    })
  }

  it("says nothing more after its end, and nothing after an error", () => {
    const context = contextOf()
    const once = writtenStream([{ type: "end" }], context)
    const error = { type: "error", error: { status: 500, message: "x", type: null, code: null } } as const
    assert.strictEqual(writtenStream([{ type: "end" }, { type: "end" }, error], context), once)
    assert.strictEqual(writtenStream([error, { type: "end" }, error], context), writtenStream([error], context))
  })

  it("ends what a decoder has left open", () => {
    const events: ReadonlyArray<StreamEvent> = [
      { type: "start", id: "", model: "m" },
      { type: "part_start", choice: 0, part: 0, value: { type: "text" } },
      { type: "text", choice: 0, part: 0, text: "Hi" },
      { type: "end" }
    ]
    const types = eventsOf(writtenStream(events, contextOf())).map((event) => event["type"])
    assert.deepStrictEqual(types.slice(-4), [
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed"
    ])
  })

  it("sends the signature of a call that comes late in an item after the call", () => {
    const signature = { issuer: "gemini", value: "CiQ" } as const
    const events: ReadonlyArray<StreamEvent> = [
      { type: "start", id: "", model: "m" },
      { type: "part_start", choice: 0, part: 0, value: { type: "tool_call", id: "a", name: "f" } },
      { type: "arguments", choice: 0, part: 0, json: "{}" },
      { type: "signature", choice: 0, part: 0, signature },
      { type: "part_end", choice: 0, part: 0 },
      { type: "finish", choice: 0, reason: "tool_calls" },
      { type: "end" }
    ]
    const [last] = eventsOf(writtenStream(events, contextOf())).slice(-1)
    const output = listOr(objectOr(last?.["response"])["output"]).map(objectOr)
    assert.deepStrictEqual(
      output.map((item) => item["type"]),
      ["function_call", "reasoning"]
    )
    const { messages } = contextOf({ input: output }).request
    assert.deepStrictEqual(messages, [
      { role: "assistant", parts: [{ type: "tool_call", id: "a", name: "f", arguments: "{}", signature }] }
    ])
  })
})

describe("What the official SDK makes of a stream", () => {
  for (const [name, { request, events }] of streamCases) {
    const last = eventsOf(corpusText(`streams/${name}.sse`)).at(-1)
    if (last?.["type"] === "response.failed") continue
    it(`is what the last event says: ${name.replaceAll("-", " ")}`, async () => {
      const response = await accumulated(writtenStream(events, contextOf(request)))
      const { output_text, ...rest } = response
      assert.isString(output_text)
      const unparsed: unknown = JSON.parse(
        JSON.stringify(rest, (key, value: unknown) => (/^(output_)?parsed(_arguments)?$/.test(key) ? undefined : value))
      )
      assert.deepStrictEqual(unparsed, last?.["response"])
    })
  }

  it("is the text as it comes", async () => {
    let text = ""
    for await (const event of streamed(corpusText("streams/text.sse"))) {
      if (event["type"] === "response.output_text.delta") text += String(event["delta"])
    }
    assert.strictEqual(text, `Hallo "🎉"\n`)
  })
})

describe("An error in the middle of a stream of the Responses API", () => {
  const requireOfProxy = createRequire(new URL("../../../../../apps/proxy/package.json", import.meta.url))
  const { APIError } = requireOfProxy("openai") as { readonly APIError: new () => Error & JsonObject }

  const thrownBy = async (sse: string): Promise<Error & JsonObject> => {
    try {
      for await (const _ of streamed(sse)) continue
    } catch (error) {
      assert.instanceOf(error, APIError)
      return error
    }
    return assert.fail("the SDK threw nothing")
  }

  it("is thrown by the official SDK with its type, code and message", async () => {
    const { message, type, code } = await thrownBy(corpusText("streams/broken-off.sse"))
    assert.deepStrictEqual(
      { message, type, code },
      { message: "Slow down.", type: "rate_limit_error", code: "rate_limit_exceeded" }
    )
  })

  it("is thrown by the SDK's accumulator as well", async () => {
    const outcome = await accumulated(corpusText("streams/broken-off.sse")).then(
      () => "no error",
      (error: Error) => error.message
    )
    assert.strictEqual(outcome, "Slow down.")
  })

  it("is followed by the response as far as it came, for clients that wait for its last event", () => {
    const [error, failed] = eventsOf(corpusText("streams/broken-off.sse")).slice(-2)
    assert.strictEqual(error?.["type"], "error")
    assert.nestedInclude(failed, {
      type: "response.failed",
      "response.status": "failed",
      "response.error.code": "rate_limit_exceeded",
      "response.output[0].content[0].text": "So ",
      "response.output[1].status": "incomplete"
    })
  })

  it("can be told before anything else was", () => {
    const error = { status: 502, message: "Gone.", type: null, code: null }
    const events = eventsOf(writtenStream([{ type: "error", error }], contextOf()))
    assert.deepStrictEqual(
      events.map((event) => event["type"]),
      ["error", "response.failed"]
    )
    assert.nestedInclude(events[1], { "response.error.code": "server_error" })
  })

  it("can be told in a stream that somebody else wrote", async () => {
    let sse = corpusText("streams/text.sse").split("\n\n").slice(0, 5).join("\n\n").concat("\n\n")
    const before = eventsOf(sse).map((event) => Number(event["sequence_number"]))
    const error = { status: 503, message: "Gone.", type: null, code: "upstream_gone", param: null }
    openaiResponsesClient.encodeStreamError(error, (data, name) => {
      sse += frame(data, name)
    })
    const { message, type, code } = await thrownBy(sse)
    assert.deepStrictEqual({ message, type, code }, { message: "Gone.", type: "server_error", code: "upstream_gone" })
    const numbers = eventsOf(sse).map((event) => Number(event["sequence_number"]))
    assert.strictEqual(numbers.length, before.length + 2)
    assert.isTrue(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0)))
    assert.nestedInclude(eventsOf(sse).at(-1), { type: "response.failed", "response.error.code": "upstream_gone" })
  })
})
