import { describe, expect, it } from "vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { Message } from "../../../src/canonical/message.ts"
import type { Part, ToolResultPart } from "../../../src/canonical/part.ts"
import type { CanonicalRequest } from "../../../src/canonical/request.ts"
import { openaiChatProvider } from "../../../src/codecs/openai-chat/codec.ts"
import { overTheWire } from "./fixtures.ts"
import { plainRequest, testContext } from "./test-context.ts"

const encode = (request: Partial<CanonicalRequest>, model = "gpt-4o"): JsonObject =>
  overTheWire(openaiChatProvider.encodeRequest({ ...plainRequest, ...request }, testContext(model))) as JsonObject

const messagesOf = (messages: ReadonlyArray<Message>, model?: string): unknown =>
  encode({ messages }, model)["messages"]

const text = (value: string): Part => ({ type: "text", text: value })
const call = (id: string, name = "look"): Part => ({ type: "tool_call", id, name, arguments: "{}" })
const user = (value: string): Message => ({ role: "user", parts: [text(value)] })
const assistant = (...parts: ReadonlyArray<Part>): Message => ({ role: "assistant", parts })
const result = (callId: string, value: string): ToolResultPart => ({
  type: "tool_result",
  callId,
  content: [{ type: "text", text: value }]
})
const tool = (...parts: ReadonlyArray<ToolResultPart>): Message => ({ role: "tool", parts })
const wireCall = (id: string, name = "look") => ({ id, type: "function", function: { name, arguments: "{}" } })
const picture: Part = { type: "image", source: { kind: "base64", mediaType: "image/png", data: "cG5n" } }
const wirePicture = { type: "image_url", image_url: { url: "data:image/png;base64,cG5n" } }

const shown = (callId: string, ...content: ToolResultPart["content"]): ToolResultPart => ({
  type: "tool_result",
  callId,
  content
})

const said = (given: JsonObject | string): Part => ({ type: "tool_call", id: "a", name: "f", arguments: given })

const writtenCalls = (given: JsonObject | string): string =>
  JSON.stringify((messagesOf([assistant(said(given))]) as ReadonlyArray<JsonObject>)[0]?.["tool_calls"])

describe("system prompts", () => {
  it("stay where they are, the one in the middle too", () => {
    const messages: ReadonlyArray<Message> = [
      { role: "system", parts: [text("One."), text("Two.")] },
      user("Hi"),
      { role: "system", parts: [text("Now in French.")] }
    ]
    expect(messagesOf(messages)).toEqual([
      { role: "system", content: "One.\n\nTwo." },
      { role: "user", content: "Hi" },
      { role: "system", content: "Now in French." }
    ])
  })

  it("are a developer's for OpenAI's models alone", () => {
    const messages: ReadonlyArray<Message> = [{ role: "developer", parts: [text("Hm.")] }]
    expect(messagesOf(messages, "openai/gpt-4.1")).toEqual([{ role: "developer", content: "Hm." }])
    expect(messagesOf(messages, "deepseek-chat")).toEqual([{ role: "system", content: "Hm." }])
  })
})

describe("tool calls and their answers", () => {
  it("keep the order of the answers, and put them before the text of the same turn", () => {
    const messages = [assistant(call("a"), call("b")), tool(result("b", "2"), result("a", "1")), user("And?")]
    expect(messagesOf(messages)).toEqual([
      { role: "assistant", content: null, tool_calls: [wireCall("a"), wireCall("b")] },
      { role: "tool", tool_call_id: "b", content: "2" },
      { role: "tool", tool_call_id: "a", content: "1" },
      { role: "user", content: "And?" }
    ])
  })

  it("show images of several answers in one user message behind the group", () => {
    const image = picture as ToolResultPart["content"][number]
    const messages = [
      assistant(call("a"), call("b")),
      tool(shown("a", image), shown("b", { type: "text", text: "Done." }, image))
    ]
    expect(messagesOf(messages)).toEqual([
      { role: "assistant", content: null, tool_calls: [wireCall("a"), wireCall("b")] },
      { role: "tool", tool_call_id: "a", content: "(The answer is shown in the next message.)" },
      { role: "tool", tool_call_id: "b", content: "Done." },
      {
        role: "user",
        content: [
          { type: "text", text: "Shown by the tool in answer to call a:" },
          wirePicture,
          { type: "text", text: "Shown by the tool in answer to call b:" },
          wirePicture
        ]
      }
    ])
  })

  it("move what stands between a call and its answer behind the answer", () => {
    const messages = [assistant(call("a")), user("Hurry!"), tool(result("a", "1")), assistant(text("Done."))]
    expect(messagesOf(messages)).toEqual([
      { role: "assistant", content: null, tool_calls: [wireCall("a")] },
      { role: "tool", tool_call_id: "a", content: "1" },
      { role: "user", content: "Hurry!" },
      { role: "assistant", content: "Done." }
    ])
  })

  it("join messages of the model that make one turn", () => {
    const messages = [
      assistant(text("Both:")),
      assistant(call("a")),
      assistant(call("b")),
      tool(result("a", "1"), result("b", "2"))
    ]
    expect(messagesOf(messages)).toEqual([
      { role: "assistant", content: "Both:", tool_calls: [wireCall("a"), wireCall("b")] },
      { role: "tool", tool_call_id: "a", content: "1" },
      { role: "tool", tool_call_id: "b", content: "2" }
    ])
  })

  it("leave two messages of text apart", () => {
    expect(messagesOf([assistant(text("One.")), assistant(text("Two."))])).toEqual([
      { role: "assistant", content: "One." },
      { role: "assistant", content: "Two." }
    ])
  })

  it("answer a call that nobody answered", () => {
    expect(messagesOf([assistant(call("a"), call("b")), tool(result("b", "2")), user("Go on")])).toEqual([
      { role: "assistant", content: null, tool_calls: [wireCall("a"), wireCall("b")] },
      { role: "tool", tool_call_id: "b", content: "2" },
      { role: "tool", tool_call_id: "a", content: "(This call was not answered.)" },
      { role: "user", content: "Go on" }
    ])
  })

  it("let the later of two answers count, in the place of the first", () => {
    const messages = [assistant(call("a"), call("b")), tool(result("a", "1"), result("b", "2"), result("a", "3"))]
    expect(messagesOf(messages)).toEqual([
      { role: "assistant", content: null, tool_calls: [wireCall("a"), wireCall("b")] },
      { role: "tool", tool_call_id: "a", content: "3" },
      { role: "tool", tool_call_id: "b", content: "2" }
    ])
  })

  it("tell the answer to an unknown call as a user", () => {
    expect(messagesOf([user("Hi"), tool(result("gone", "42"))])).toEqual([
      { role: "user", content: "Hi" },
      { role: "user", content: "Answer of the tool to call gone:\n42" }
    ])
  })

  it("say that a tool failed without a word", () => {
    const failed: ToolResultPart = { type: "tool_result", callId: "a", content: [], isError: true }
    expect(messagesOf([assistant(call("a")), tool(failed)])).toEqual([
      { role: "assistant", content: null, tool_calls: [wireCall("a")] },
      { role: "tool", tool_call_id: "a", content: "(The tool failed.)" }
    ])
  })

  it("write empty arguments as an empty object, objects as text, and malformed ones as they came", () => {
    expect(writtenCalls("")).toContain(String.raw`"arguments":"{}"`)
    expect(writtenCalls({ a: 1 })).toContain(String.raw`"arguments":"{\"a\":1}"`)
    expect(writtenCalls(`{"a":`)).toContain(String.raw`"arguments":"{\"a\":"`)
  })

  it("shorten IDs that OpenAI refuses, the same for call and answer, and for others not", () => {
    const long = "toolu_".padEnd(60, "x")
    const messages = [assistant(call(long)), tool(result(long, "1"))]
    const [turn, answer] = messagesOf(messages) as ReadonlyArray<JsonObject>
    const id = answer?.["tool_call_id"]
    expect(id).toMatch(/^call_[0-9a-f]{32}$/)
    expect(turn?.["tool_calls"]).toEqual([wireCall(String(id))])
    expect(messagesOf(messages, "llama")).toEqual([
      { role: "assistant", content: null, tool_calls: [wireCall(long)] },
      { role: "tool", tool_call_id: long, content: "1" }
    ])
  })

  it("rename tools that OpenAI refuses everywhere, keep them apart, and restore them in the answer", () => {
    const context = testContext()
    const names = ["mcp.files/read", "mcp_files.read", "fine-name"]
    const body = openaiChatProvider.encodeRequest(
      {
        ...plainRequest,
        messages: [assistant(call("a", names[0])), tool(result("a", "1"))],
        tools: names.map((name) => ({ type: "function", name })),
        toolChoice: { type: "tool", name: "mcp.files/read" }
      },
      context
    )
    const { tools, tool_choice, messages } = overTheWire(body) as {
      readonly tools: ReadonlyArray<{ readonly function: { readonly name: string } }>
      readonly tool_choice: unknown
      readonly messages: ReadonlyArray<unknown>
    }
    const written = tools.map((entry) => entry.function.name)
    for (const name of written) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    expect(new Set(written).size).toBe(3)
    expect(written[2]).toBe("fine-name")
    expect(tool_choice).toEqual({ type: "function", function: { name: written[0] } })
    expect(messages[0]).toEqual({ role: "assistant", content: null, tool_calls: [wireCall("a", written[0])] })
    const answer = openaiChatProvider.decodeResponse(
      { choices: [{ message: { tool_calls: [{ id: "1", function: { name: written[1], arguments: "{}" } }] } }] },
      context
    )
    expect(answer.choices[0]?.parts).toMatchObject([{ name: "mcp_files.read" }])
  })
})

describe("tools", () => {
  it("leave out all settings of tools where there are none", () => {
    const body = encode({
      tools: [{ type: "foreign", protocol: "claude", value: { type: "web_search" } }],
      toolChoice: { type: "required" },
      parallelToolCalls: false
    })
    expect(Object.keys(body)).toEqual(["model", "messages"])
  })

  it("have an object with properties as their schema", () => {
    const schemas = [{}, { type: "object" }, { properties: { a: {} } }, { type: "object", properties: {}, x: 1 }]
    const { tools } = encode({
      tools: schemas.map((parameters, index) => ({ type: "function", name: `t${index}`, parameters }))
    })
    expect(
      (tools as ReadonlyArray<JsonObject>).map((entry) => (entry["function"] as JsonObject)["parameters"])
    ).toEqual([
      { type: "object", properties: {} },
      { type: "object", properties: {} },
      { type: "object", properties: { a: {} } },
      { type: "object", properties: {}, x: 1 }
    ])
  })

  it("are cut down to the allowed ones for servers that know no such choice", () => {
    const body = encode(
      {
        tools: ["a", "b", "c"].map((name) => ({ type: "function", name })),
        toolChoice: { type: "allowed", names: ["c", "a"], required: true }
      },
      "mistral-large"
    )
    expect(body["tools"]).toEqual([
      { type: "function", function: { name: "a" } },
      { type: "function", function: { name: "c" } }
    ])
    expect(body["tool_choice"]).toBe("required")
  })
})

describe("thoughts", () => {
  const thinking: Part = { type: "reasoning", text: "Hm.", signature: { issuer: "claude", value: "c2ln" } }

  it("go to compatible servers as text, without the signature of another provider", () => {
    expect(messagesOf([assistant(thinking, text("Yes."))], "kimi-k2")).toEqual([
      { role: "assistant", content: "Yes.", reasoning_content: "Hm." }
    ])
  })

  it("do not go to OpenAI's own models", () => {
    expect(messagesOf([assistant(thinking, text("Yes."))], "gpt-5")).toEqual([{ role: "assistant", content: "Yes." }])
  })

  it("that are all of a turn are dropped with it", () => {
    expect(messagesOf([user("Hi"), assistant(thinking), user("Well?")], "kimi-k2")).toEqual([
      { role: "user", content: "Hi" },
      { role: "user", content: "Well?" }
    ])
  })

  it("of Gemini are proved to Gemini's models alone", () => {
    const signed: Part = { ...call("a"), signature: { issuer: "gemini", value: "Z2Vt" } } as Part
    const calls = (model: string) =>
      (messagesOf([assistant(signed)], model) as ReadonlyArray<JsonObject>)[0]?.["tool_calls"]
    expect(calls("gemini-3-pro")).toEqual([
      { ...wireCall("a"), extra_content: { google: { thought_signature: "Z2Vt" } } }
    ])
    expect(calls("gpt-4o")).toEqual([wireCall("a")])
  })
})

describe("media", () => {
  it("that the model showed follow its turn in a user message", () => {
    expect(messagesOf([assistant(text("Here."), picture), user("Nice")])).toEqual([
      { role: "assistant", content: "Here." },
      { role: "user", content: [{ type: "text", text: "Shown by the assistant:" }, wirePicture] },
      { role: "user", content: "Nice" }
    ])
  })

  it("that lie with another provider are told to be missing", () => {
    const part: Part = { type: "file", source: { kind: "uploaded", protocol: "gemini", id: "files/1" } }
    expect(JSON.stringify(messagesOf([{ role: "user", parts: [part] }]))).toContain("stored with another provider")
  })
})

describe("a refusal of the model", () => {
  it("is one for OpenAI, and text for others", () => {
    const refusal: Part = { type: "refusal", text: "No." }
    expect(messagesOf([assistant(refusal)])).toEqual([{ role: "assistant", content: null, refusal: "No." }])
    expect(messagesOf([assistant(refusal)], "llama")).toEqual([{ role: "assistant", content: "No." }])
  })
})

describe("what models refuse", () => {
  it("is the word on parallel calls for the o-series", () => {
    const tools = [{ type: "function" as const, name: "a" }]
    expect(encode({ tools, parallelToolCalls: false }, "o3")["parallel_tool_calls"]).toBeUndefined()
    expect(encode({ tools, parallelToolCalls: false }, "gpt-5")["parallel_tool_calls"]).toBe(false)
  })

  const steering: Partial<CanonicalRequest> = {
    maxTokens: 100,
    sampling: { temperature: 0.2, topP: 0.5, topK: 3, seed: 1, presencePenalty: 1, frequencyPenalty: 1 },
    stop: ["END"]
  }

  it("is left out for OpenAI's models that reason, whose limit has another name", () => {
    const body = encode(steering, "o3-mini")
    expect(body).toEqual({
      model: "o3-mini",
      messages: [{ role: "user", content: "Hi" }],
      max_completion_tokens: 100,
      seed: 1
    })
  })

  it("is written when such a model is told not to reason", () => {
    const body = encode({ ...steering, reasoning: { amount: { mode: "none" } } }, "gpt-5.1")
    expect(body).toMatchObject({
      reasoning_effort: "none",
      temperature: 0.2,
      stop: ["END"],
      max_completion_tokens: 100
    })
  })

  it("is written for all others, but for top_k", () => {
    expect(encode(steering, "llama-3.3")).toEqual({
      model: "llama-3.3",
      messages: [{ role: "user", content: "Hi" }],
      max_tokens: 100,
      temperature: 0.2,
      top_p: 0.5,
      seed: 1,
      presence_penalty: 1,
      frequency_penalty: 1,
      stop: ["END"]
    })
  })
})
