import { describe, expect, it } from "vitest"
import { Capabilities, executorModelScope, formatNames, normalizeExecutorFormats, zeroValue } from "../src/index.ts"

const scope = (text: string) => executorModelScope({ ...zeroValue(Capabilities), executor_model_scope: text })

describe("what an executor declares", () => {
  it("81: gets other names of formats replaced, in any case", () => {
    const others = {
      openai: ["chat-completions", "Chat_Completions", "openai-chat-completions", "OPENAI_CHAT_COMPLETIONS"],
      "openai-response": ["responses", "OpenAI-Responses", "openai_responses"],
      claude: ["anthropic", " Anthropic\t"]
    }
    for (const [name, aliases] of Object.entries(others))
      for (const alias of aliases) expect([alias, normalizeExecutorFormats([alias])]).toEqual([alias, [name]])
  })

  it("81: loses blank formats, none and duplicates, and keeps the order and all other names as they are", () => {
    expect(
      normalizeExecutorFormats(["gemini", " ", "None", "anthropic", "claude", "Lyre", "lyre", " gemini "])
    ).toEqual(["gemini", "claude", "Lyre", "lyre"])
    expect(normalizeExecutorFormats([...formatNames])).toEqual(formatNames)
    expect(normalizeExecutorFormats([])).toEqual([])
  })

  it("79: has the scope both when the text is unknown or empty", () => {
    expect(["", "both", "some", "static", "oauth"].map(scope)).toEqual(["both", "both", "both", "static", "oauth"])
  })
})
