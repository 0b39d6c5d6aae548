import { assert, describe, it } from "@effect/vitest"

import { claudeClient } from "../../src/codecs/claude/codec.ts"
import { geminiClient } from "../../src/codecs/gemini/codec.ts"

const described = { id: "big", ownedBy: "lab", created: 0, displayName: "The big one", contextLength: 200_000 }

describe("a model that is described", () => {
  it("has its name for people and its length in the lists that have a place for them", () => {
    assert.deepInclude(claudeClient.encodeModel(described), {
      id: "big",
      display_name: "The big one",
      max_input_tokens: 200_000
    })
    assert.deepInclude(geminiClient.encodeModel(described), {
      name: "models/big",
      displayName: "The big one",
      inputTokenLimit: 200_000
    })
  })
})
