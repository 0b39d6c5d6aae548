import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"

import { translatedReading } from "../../src/translate/answer-reading.ts"
import { clientCodecs, providerCodecs } from "../../src/translate/codecs.ts"
import { translateRequest } from "../../src/translate/translate-request.ts"
import { EMPTY_REQUEST, makeTranslationContext } from "../../src/translate/translation-context.ts"
import { recordingSink } from "../recording-sink.ts"
import { hookedGateway } from "../request-life/hooked-gateway.ts"

/** JSON that `JSON.parse` reads, and that no function which calls itself gets to the bottom of. */
const DEEP = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`
const NESTED = `${'{"type":"namespace","name":"a","tools":['.repeat(50_000)}${"]}".repeat(50_000)}`

const TOO_DEEP = "The request nests too deeply, or is too large."

const refusal = (from: string, to: string, body: string): string => {
  const order = { from, to, model: "m", stream: false, body: Buffer.from(body), now: 0 }
  const translated = translateRequest(order)
  if (translated === undefined || Result.isSuccess(translated)) return assert.fail("the request was written")
  assert.strictEqual(translated.failure.status, 400)
  return translated.failure.message
}

describe("a request that nests deeper than the stack is", () => {
  it("is the client's mistake in every protocol", () => {
    const chat = `{"messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{"name":"f","parameters":${DEEP}}}]}`
    assert.strictEqual(refusal("openai", "claude", chat), TOO_DEEP)
    const claude = `{"max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":${DEEP}}]}]}`
    assert.strictEqual(refusal("claude", "openai", claude), TOO_DEEP)
    const gemini = `{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":${DEEP}}}]}]}`
    assert.strictEqual(refusal("gemini", "openai", gemini), TOO_DEEP)
    const responses = `{"input":"Hi","tools":[{"type":"function","name":"f","parameters":${DEEP}}]}`
    assert.strictEqual(refusal("openai-response", "openai", responses), TOO_DEEP)
  })

  it("may hold no namespace in a namespace", () => {
    assert.strictEqual(
      refusal("openai-response", "openai", `{"input":"Hi","tools":[${NESTED}]}`),
      "`tools[0].tools[0].type` must not be `namespace` inside of a namespace."
    )
  })

  it.live("is refused before a provider of the same protocol sees what was changed in it", () =>
    Effect.gen(function* () {
      const { gateway, upstream } = yield* hookedGateway({})
      // What an answer has cited is taken out, and the messages are written anew.
      const cited = `{"role":"assistant","content":"Hi","annotations":[{"type":"url_citation"}],"x":${DEEP}}`
      const body = `{"model":"m","messages":[${cited}]}`
      const request = { id: "r", path: "/v1/chat/completions", headers: {}, body: Buffer.from(body) }
      const error = yield* Effect.flip(gateway.generate({ ...request, json: JSON.parse(body) }, recordingSink()))
      assert.deepInclude(error, { _tag: "InvalidRequest", status: 400 })
      assert.strictEqual(upstream.received.length, 0)
    })
  )
})

const reading = () =>
  translatedReading(providerCodecs.claude, clientCodecs.openai, makeTranslationContext(EMPTY_REQUEST, "m", 0))

describe("an answer that nests deeper than the stack is", () => {
  const fault = { kind: "broken", message: "The provider's answer nests too deeply." } as const

  it("is the provider's mistake, whole or streamed", () => {
    const block = `{"type":"tool_use","id":"a","name":"f","input":${DEEP}}`
    const whole = Buffer.from(`{"type":"message","content":[${block}],"stop_reason":"tool_use"}`)
    assert.deepStrictEqual(
      reading().whole(whole, false, (text) => text),
      { fault }
    )
    const passage = reading().stream()
    const start = `data: {"type":"message_start","message":{"id":"m","content":[]}}\n\n`
    passage.push(Buffer.from(`${start}data: {"type":"content_block_start","index":0,"content_block":${block}}\n\n`))
    passage.push(Buffer.from(`data: {"type":"content_block_stop","index":0}\n\n`))
    assert.deepStrictEqual(passage.fault(), fault)
  })
})
