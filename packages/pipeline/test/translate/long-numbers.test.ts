import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import { translatedReading } from "../../src/translate/answer-reading.ts"
import { clientCodecs, providerCodecs } from "../../src/translate/codecs.ts"
import { openTranslation } from "../../src/translate/open-translation.ts"
import { EMPTY_REQUEST, makeTranslationContext } from "../../src/translate/translation-context.ts"
import { streamed } from "./peer-cases/exchange.ts"

const redactNothing = (text: string): string => text

/** More than JavaScript's numbers hold: as one of them it would end with 808. */
const ARGUMENTS = '{"id":9223372036854775807,"part":1.5,"near":9007199254740991}'

const CALL = `{"name":"look","args":${ARGUMENTS}}`
const ANSWERS = {
  gemini: `{"candidates":[{"content":{"parts":[{"functionCall":${CALL}}]},"finishReason":"STOP"}]}`,
  claude: `{"type":"message","content":[{"type":"tool_use","id":"a","name":"look","input":${ARGUMENTS}}]}`
}

const read = (provider: "gemini" | "claude", client: "openai" | "claude" | "gemini"): string => {
  const context = makeTranslationContext(EMPTY_REQUEST, "m", 0)
  const reading = translatedReading(providerCodecs[provider], clientCodecs[client], context)
  const answer = reading.whole(Buffer.from(ANSWERS[provider]), false, redactNothing)
  return "body" in answer ? answer.body.toString() : assert.fail("no answer")
}

describe("a whole number of a tool's arguments that JavaScript's numbers cannot hold", () => {
  it("is the same for the client, whoever wrote it", () => {
    assert.strictEqual(
      JSON.parse(read("gemini", "openai")).choices[0].message.tool_calls[0].function.arguments,
      ARGUMENTS
    )
    assert.strictEqual(
      JSON.parse(read("claude", "openai")).choices[0].message.tool_calls[0].function.arguments,
      ARGUMENTS
    )
    assert.include(read("gemini", "claude"), `"input":${ARGUMENTS}`)
    assert.include(read("claude", "gemini"), `"args":${ARGUMENTS}`)
  })

  it("is the same in a stream", () => {
    const { events } = streamed({ client: "claude", provider: "gemini", model: "m" }, [ANSWERS.gemini])
    const json = events.flatMap((event) => event.delta?.partial_json ?? []).join("")
    assert.strictEqual(json, ARGUMENTS)
  })

  it("is the same for a provider when the conversation goes on", () => {
    const call = { id: "a", type: "function", function: { name: "look", arguments: ARGUMENTS } }
    const messages = [
      { role: "user", content: "Look" },
      { role: "assistant", tool_calls: [call] },
      { role: "tool", tool_call_id: "a", content: "seen" }
    ]
    const request = Result.getOrThrow(
      clientCodecs.openai.decodeRequest({ model: "m", messages }, { model: "m", stream: false })
    )
    for (const name of ["claude", "gemini"] as const) {
      const { body } = openTranslation({ request, provider: providerCodecs[name], upstreamModel: name, now: 0 })
      assert.include(body.toString(), ARGUMENTS)
    }
  })
})
