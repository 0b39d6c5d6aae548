import { describe, expect, it } from "vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { CanonicalRequest } from "../../../src/canonical/request.ts"
import { openaiChatProvider } from "../../../src/codecs/openai-chat/codec.ts"
import { overTheWire } from "./fixtures.ts"
import { plainRequest, testContext } from "./test-context.ts"

const encode = (request: Partial<CanonicalRequest>, model: string): JsonObject =>
  overTheWire(openaiChatProvider.encodeRequest({ ...plainRequest, ...request }, testContext(model))) as JsonObject

const said = (role: "system" | "user", text: string) => ({ role, parts: [{ type: "text", text }] }) as const

const asked = (...messages: CanonicalRequest["messages"]) =>
  encode({ messages, responseFormat: { type: "json" } }, "gpt-4.1")["messages"]

describe("stop sequences", () => {
  const stop = ["a", "b", "c", "d", "e"]

  it("are four for OpenAI's own models, which take no more", () => {
    expect(encode({ stop }, "gpt-4.1")["stop"]).toEqual(["a", "b", "c", "d"])
  })

  it("are as many as the client gave for everybody else", () => {
    expect(encode({ stop }, "deepseek-chat")["stop"]).toEqual(stop)
  })
})

describe("JSON of any form", () => {
  it("is asked for in words when no message says it, since it is refused otherwise", () => {
    expect(asked(said("user", "Name a city."))).toEqual([
      { role: "system", content: "Answer in JSON." },
      { role: "user", content: "Name a city." }
    ])
  })

  it("is asked for in the instructions when there are some", () => {
    expect(asked(said("system", "Be brief."), said("user", "Name a city."))).toEqual([
      { role: "system", content: "Be brief.\n\nAnswer in JSON." },
      { role: "user", content: "Name a city." }
    ])
  })

  it("is left to the client's own words where they say it", () => {
    expect(asked(said("user", "A city, as json."))).toEqual([{ role: "user", content: "A city, as json." }])
  })

  it("is no matter where the answer has a schema, or none is asked for", () => {
    const messages = [said("user", "Name a city.")]
    const schema = { type: "object" }
    expect(encode({ messages, responseFormat: { type: "json_schema", schema } }, "gpt-4.1")["messages"]).toHaveLength(1)
    expect(encode({ messages }, "gpt-4.1")["messages"]).toHaveLength(1)
  })
})
