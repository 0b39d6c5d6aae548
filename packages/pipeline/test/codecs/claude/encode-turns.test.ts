import { assert, describe, it } from "@effect/vitest"

import type { Part } from "../../../src/canonical/part.ts"
import { written } from "./context.ts"
import { assistant, call, result, textBlock, tool, user } from "./conversation-parts.ts"

describe("instructions", () => {
  it("puts those at the head into system blocks, with their cache marks", () => {
    const body = written({
      messages: [
        { role: "system", parts: [{ type: "text", text: "Be kind.", cache: { ttl: "1h" } }] },
        { role: "developer", parts: [{ type: "text", text: "Be brief." }] },
        user("Hi.")
      ]
    })
    assert.deepStrictEqual(body.system, [
      { ...textBlock("Be kind."), cache_control: { type: "ephemeral", ttl: "1h" } },
      textBlock("Be brief.")
    ])
    assert.deepStrictEqual(body.messages, [{ role: "user", content: [textBlock("Hi.")] }])
  })

  it("marks later ones as reminders, without breaking the turn or its cache mark", () => {
    const { messages } = written({
      messages: [
        { role: "user", parts: [{ type: "text", text: "Hi.", cache: {} }] },
        { role: "developer", parts: [{ type: "text", text: "Be brief." }] },
        user("There.")
      ]
    })
    assert.deepStrictEqual(messages, [
      {
        role: "user",
        content: [
          { ...textBlock("Hi."), cache_control: { type: "ephemeral" } },
          textBlock("<system-reminder>\nBe brief.\n</system-reminder>"),
          textBlock("There.")
        ]
      }
    ])
  })

  it("gives a conversation of instructions alone a turn of the user", () => {
    const body = written({ messages: [{ role: "system", parts: [{ type: "text", text: "Write a haiku." }] }] })
    assert.deepStrictEqual(body.system, [textBlock("Write a haiku.")])
    assert.deepStrictEqual(body.messages, [{ role: "user", content: [textBlock("Please proceed.")] }])
  })
})

describe("turns", () => {
  it("joins messages of one role", () => {
    const { messages } = written({ messages: [user("A"), user("B"), assistant("C"), assistant("D"), user("E")] })
    assert.deepStrictEqual(
      messages.map(({ content, role }) => [role, content.map(({ text }) => text)]),
      [
        ["user", ["A", "B"]],
        ["assistant", ["C", "D"]],
        ["user", ["E"]]
      ]
    )
  })

  it("lets the user begin", () => {
    const { messages } = written({ messages: [assistant("Hello!"), user("Hi.")] })
    assert.deepStrictEqual(
      messages.map(({ role }) => role),
      ["user", "assistant", "user"]
    )
  })

  it("leaves out what the API refuses: texts without a visible character, and turns of nothing else", () => {
    const { messages } = written({ messages: [user("A", " \n"), assistant(""), user("B", "")] })
    assert.deepStrictEqual(messages, [{ role: "user", content: [textBlock("A"), textBlock("B")] }])
  })

  it("takes the white space off the end of a prefill", () => {
    const { messages } = written({ messages: [user("Greek sun?"), assistant("It is (  \n")] })
    assert.deepStrictEqual(messages[1]?.content, [textBlock("It is (")])
  })

  it("asks a model that knows no prefill to go on", () => {
    const { messages } = written({ messages: [user("Greek sun?"), assistant("It is (")] }, "claude-opus-4-6")
    assert.deepStrictEqual(messages.at(-1), {
      role: "user",
      content: [textBlock("Continue from where your last message ends.")]
    })
  })

  it("sends a turn back that was paused in a tool of Claude's", () => {
    const value = { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} }
    const { messages } = written(
      { messages: [user("News?"), assistant({ type: "foreign", protocol: "claude", value })] },
      "claude-opus-4-6"
    )
    assert.deepStrictEqual(messages.at(-1), { role: "assistant", content: [value] })
  })
})

const signed = (issuer: "claude" | "gemini"): Part => ({
  type: "reasoning",
  text: "Hm.",
  signature: { issuer, value: "c2ln" }
})

describe("thoughts", () => {
  it("sends those that Claude signed, byte for byte, and no others", () => {
    const { messages } = written({
      messages: [
        user("A"),
        assistant(
          signed("claude"),
          signed("gemini"),
          { type: "reasoning", text: "Unsigned." },
          { type: "reasoning", text: "", redacted: { issuer: "claude", value: "cmVk" } },
          { type: "reasoning", text: "", redacted: { issuer: "openai-response", value: "eHh4" } },
          "B"
        ),
        user("C")
      ]
    })
    assert.deepStrictEqual(messages[1]?.content, [
      { type: "thinking", thinking: "Hm.", signature: "c2ln" },
      { type: "redacted_thinking", data: "cmVk" },
      textBlock("B")
    ])
  })

  it("drops a message of unsigned thoughts alone, and thoughts at the end of a turn", () => {
    const { messages } = written({
      messages: [
        user("A"),
        assistant({ type: "reasoning", text: "Hm." }),
        user("B"),
        assistant("C", signed("claude")),
        user("D")
      ]
    })
    assert.deepStrictEqual(
      messages.map(({ content }) => content.map(({ text, type }) => text ?? type)),
      [["A", "B"], ["C"], ["D"]]
    )
  })

  it("does not show Claude what others signed at a call", () => {
    const { messages } = written({
      messages: [
        user("A"),
        assistant({ ...call("a"), signature: { issuer: "gemini", value: "x" } } as Part),
        tool(result("a", "1"))
      ]
    })
    assert.deepStrictEqual(messages[1]?.content, [{ type: "tool_use", id: "a", name: "look", input: {} }])
  })
})

const encode = (part: Part) => written({ messages: [{ role: "user", parts: [part] }] }).messages[0]?.content

const file = (mediaType: string, data: string): Part => ({
  type: "file",
  source: { kind: "base64", mediaType, data }
})

describe("media", () => {
  it("splits files by what they are", () => {
    assert.deepStrictEqual(encode(file("image/webp", "AAAA")), [
      { type: "image", source: { type: "base64", media_type: "image/webp", data: "AAAA" } }
    ])
    assert.deepStrictEqual(encode({ ...file("application/pdf", "JVBE"), name: "a.pdf" } as Part), [
      { type: "document", source: { type: "base64", media_type: "application/pdf", data: "JVBE" }, title: "a.pdf" }
    ])
    assert.deepStrictEqual(encode(file("text/csv", Buffer.from("a;ü").toString("base64"))), [
      { type: "document", source: { type: "text", media_type: "text/plain", data: "a;ü" } }
    ])
  })

  it("says what it had to leave out", () => {
    const audio: Part = { type: "file", source: { kind: "base64", mediaType: "audio/wav", data: "AAAA" } }
    const uploaded: Part = { type: "image", source: { kind: "uploaded", protocol: "openai", id: "file-1" } }
    const drawing: Part = { type: "image", source: { kind: "base64", mediaType: "image/svg+xml", data: "AAAA" } }
    for (const [part, type] of [
      [audio, "audio/wav"],
      [uploaded, "uploaded to another provider"],
      [drawing, "image/svg+xml"]
    ] as const) {
      assert.deepStrictEqual(encode(part), [
        textBlock(`[A file (${type}) was left out here: this model cannot take it.]`)
      ])
    }
  })
})
