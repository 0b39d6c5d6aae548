import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import { openTranslation } from "../../../src/translate/open-translation.ts"
import { clientCodecs, providerCodecs } from "../../../src/translate/codecs.ts"

const body = {
  input: "hi",
  service_tier: "flex",
  prompt_cache_key: "k",
  safety_identifier: "s",
  metadata: { a: "b" },
  text: { verbosity: "low" }
}

const chatOf = (upstreamModel: string): Record<string, unknown> => {
  const decoded = clientCodecs["openai-response"].decodeRequest(body, { model: "m", stream: false })
  const request = Result.getOrThrow(decoded)
  return JSON.parse(
    openTranslation({ request, provider: providerCodecs.openai, upstreamModel, now: 0 }).body.toString()
  )
}

describe("what only OpenAI's two protocols have", () => {
  it("goes from a Responses request to a chat completion of OpenAI's own models", () => {
    const { text: _text, input: _input, ...others } = body
    assert.deepInclude(chatOf("gpt-4.1"), { ...others, verbosity: "low" })
  })

  it("does not go to servers that are only compatible", () => {
    const chat = chatOf("llama-3")
    for (const name of ["service_tier", "prompt_cache_key", "safety_identifier", "metadata", "verbosity"]) {
      assert.notProperty(chat, name)
    }
  })
})
