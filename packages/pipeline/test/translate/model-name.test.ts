import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import type { ProviderProtocol } from "../../src/provider/provider-protocol.ts"
import { type AnswerReading, translatedReading, untouchedReading } from "../../src/translate/answer-reading.ts"
import { clientCodecs, providerCodecs } from "../../src/translate/codecs.ts"
import { withModelName } from "../../src/translate/model-name.ts"
import { EMPTY_REQUEST, makeTranslationContext } from "../../src/translate/translation-context.ts"

const redactNothing = (text: string): string => text

const context = makeTranslationContext({ ...EMPTY_REQUEST, stream: true }, "provider-model", 0)

/** Whole answers that name the model `provider-model`, and text that looks as if it did. */
const wholes: Readonly<Record<ProviderProtocol, string>> = {
  openai: `{"id":"c","object":"chat.completion","created":1,"model":"provider-model","choices":[{"index":0,"message":{"role":"assistant","content":"\\"model\\":\\"provider-model\\" 🌍"},"finish_reason":"stop"}]}`,
  claude: `{"id":"m","type":"message","role":"assistant","model":"provider-model","content":[{"type":"text","text":"provider-model"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`,
  gemini: `{"candidates":[{"content":{"role":"model","parts":[{"text":"provider-model"}]},"finishReason":"STOP"}],"modelVersion":"provider-model"}`
}

const chunk = (delta: unknown, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "provider-model", choices: [{ index: 0, delta, finish_reason: finish }] })}\r\n\r\n`

const streams: Readonly<Record<ProviderProtocol, string>> = {
  openai: `: hello\r\n\r\n${chunk({ role: "assistant", content: "größer 🌍" })}${chunk({ content: "provider-model" })}${chunk({}, "stop")}data: [DONE]\r\n\r\n`,
  claude: [
    {
      type: "message_start",
      message: { id: "m", type: "message", role: "assistant", model: "provider-model", content: [] }
    },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "provider-model 🌍" } },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } },
    { type: "message_stop" }
  ]
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join(""),
  gemini: `data: {"candidates":[{"content":{"role":"model","parts":[{"text":"provider-model"}]},"finishReason":"STOP"}],"modelVersion":"provider-model"}\n\n`
}

const protocols: ReadonlyArray<ProviderProtocol> = ["openai", "claude", "gemini"]

const whole = (reading: AnswerReading, body: string): string => {
  const read = reading.whole(Buffer.from(body), false, redactNothing)
  return "fault" in read ? assert.fail(read.fault.kind) : read.body.toString()
}

/** What comes out of a stream whose bytes come in pieces of these sizes, the last of which is repeated. */
const streamed = (reading: AnswerReading, text: string, sizes: ReadonlyArray<number>): string => {
  const bytes = Buffer.from(text)
  const passage = reading.stream()
  const passed: Array<Uint8Array | undefined> = []
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[Math.min(index, sizes.length - 1)] ?? bytes.length
    passed.push(passage.push(bytes.subarray(at, at + size)))
    at += size
  }
  passed.push(passage.end())
  assert.isUndefined(passage.fault())
  return Buffer.concat(passed.filter((piece) => piece !== undefined)).toString()
}

/** The names of the model in a text, outside of what the model said. */
const named = (text: string) => [...text.matchAll(/"model(?:Version)?":"([^"]*)"/g)].map(([, name]) => name)

describe("a forced name of a model", () => {
  for (const protocol of protocols) {
    const untouched = () => untouchedReading(protocol, context)
    const renamed = () => withModelName(untouched(), protocol, "alias")

    it(`stands in a whole answer of ${protocol}, and changes nothing else`, () => {
      const answer = whole(renamed(), wholes[protocol])
      assert.deepStrictEqual(named(answer), ["alias"])
      const before: unknown = JSON.parse(wholes[protocol])
      const field = protocol === "gemini" ? "modelVersion" : "model"
      assert.deepStrictEqual({ ...JSON.parse(answer), [field]: "provider-model" }, before)
    })

    it(`stands in each event of ${protocol} that names the model, however its bytes come`, () => {
      const expected = streams[protocol].replaceAll(/("model(?:Version)?":)"provider-model"/g, `$1"alias"`)
      assert.include(expected, "provider-model", "what the model said")
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 30 }), (sizes) => {
          assert.strictEqual(streamed(renamed(), streams[protocol], sizes), expected)
        })
      )
    })
  }

  it("stands in what other protocols make of an answer", () => {
    for (const client of ["openai", "openai-response", "claude", "gemini"] as const) {
      const reading = () =>
        withModelName(translatedReading(providerCodecs.claude, clientCodecs[client], context), client, "alias")
      assert.deepStrictEqual([...new Set(named(whole(reading(), wholes.claude)))], ["alias"], client)
      assert.deepStrictEqual([...new Set(named(streamed(reading(), streams.claude, [7])))], ["alias"], client)
    }
  })

  it("changes no whole number that JavaScript's numbers cannot hold", () => {
    const input = `"input":{"id":12345678901234567890}`
    const block = `"type":"tool_use","id":"t","name":"f",${input}`
    const answer = `{"type":"message","model":"provider-model","content":[{${block}}]}`
    const reading = withModelName(untouchedReading("claude", context), "claude", "alias")
    assert.strictEqual(whole(reading, answer), answer.replace("provider-model", "alias"))
  })

  it("leaves no half of an event behind when the provider's stream is cut", () => {
    const passage = withModelName(untouchedReading("openai", context), "openai", "alias").stream()
    const cut = streams.openai.slice(0, streams.openai.lastIndexOf("provider-model"))
    const passed = passage.push(Buffer.from(cut))?.toString() ?? ""
    assert.match(passed, /\n$/)
    assert.isUndefined(passage.end())
    assert.strictEqual(passage.fault()?.kind, "cut")
  })
})
