import { assert, describe, it } from "@effect/vitest"

import type { ToolResultPart } from "../../../src/canonical/part.ts"
import { claudeProvider } from "../../../src/codecs/claude/codec.ts"
import { contextOf, jsonOf, requestOf, written } from "./context.ts"
import { assistant, call, result, textBlock, tool, user } from "./conversation-parts.ts"

describe("results of tools", () => {
  it("groups those of parallel calls in the next turn, in the order of the calls", () => {
    const { messages } = written({
      messages: [
        user("Go."),
        assistant(call("a"), call("b")),
        tool(result("b", "2")),
        tool(result("a", "1")),
        user("And?")
      ]
    })
    assert.deepStrictEqual(messages[2], {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "a", content: "1" },
        { type: "tool_result", tool_use_id: "b", content: "2" },
        textBlock("And?")
      ]
    })
    assert.strictEqual(messages.length, 3)
  })

  it("puts them before what the user said in between", () => {
    const { messages } = written({
      messages: [user("Go."), assistant(call("a")), user("Wait."), tool(result("a", "1"))]
    })
    assert.deepStrictEqual(messages[2]?.content, [
      { type: "tool_result", tool_use_id: "a", content: "1" },
      textBlock("Wait.")
    ])
  })

  it("moves one that comes after a later turn to its call", () => {
    const { messages } = written({
      messages: [
        user("Go."),
        assistant(call("a")),
        user("Wait."),
        assistant("I wait."),
        tool(result("a", "1")),
        user("?")
      ]
    })
    assert.deepStrictEqual(
      messages.map(({ content }) => content.map(({ type }) => type)),
      [["text"], ["tool_use"], ["tool_result", "text"], ["text"], ["text"]]
    )
  })

  it("lets the last of several for one call count", () => {
    const { messages } = written({
      messages: [user("Go."), assistant(call("a")), tool(result("a", "old"), result("a", "new"))]
    })
    assert.deepStrictEqual(messages[2]?.content, [{ type: "tool_result", tool_use_id: "a", content: "new" }])
  })

  it("says that a result is missing", () => {
    const { messages } = written({ messages: [user("Go."), assistant(call("a"), call("b")), tool(result("b", "2"))] })
    assert.deepStrictEqual(messages[2]?.content[0], {
      type: "tool_result",
      tool_use_id: "a",
      content: "No result was given for this call.",
      is_error: true
    })
  })

  it("keeps one without a call as text", () => {
    const image: ToolResultPart["content"][number] = {
      type: "image",
      source: { kind: "base64", mediaType: "image/png", data: "AAAA" }
    }
    const { messages } = written({
      messages: [
        user("Go."),
        tool({ ...result("gone", "7", { name: "look" }), content: [{ type: "text", text: "7" }, image] })
      ]
    })
    assert.deepStrictEqual(messages, [
      {
        role: "user",
        content: [
          textBlock("Go."),
          textBlock("[Result of the tool call gone (look)]"),
          textBlock("7"),
          { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } }
        ]
      }
    ])
  })

  it("keeps images in them, and takes them out of errors, which hold text alone", () => {
    const content: ToolResultPart["content"] = [
      { type: "text", text: "See:" },
      { type: "image", source: { kind: "url", url: "https://example.com/a.png" } }
    ]
    const image = { type: "image", source: { type: "url", url: "https://example.com/a.png" } }
    const fine = written({ messages: [user("Go."), assistant(call("a")), tool({ ...result("a", ""), content })] })
    assert.deepStrictEqual(fine.messages[2]?.content, [
      { type: "tool_result", tool_use_id: "a", content: [textBlock("See:"), image] }
    ])
    const failed = written({
      messages: [user("Go."), assistant(call("a")), tool({ ...result("a", "", { isError: true }), content })]
    })
    assert.deepStrictEqual(failed.messages[2]?.content, [
      { type: "tool_result", tool_use_id: "a", content: [textBlock("See:")], is_error: true },
      textBlock("[From the error of the tool call a]"),
      image
    ])
  })
})

describe("calls of tools", () => {
  it("gets IDs that Claude takes, the same for call and result", () => {
    const { messages } = written({
      messages: [
        user("Go."),
        assistant(call("call:1/x"), call("call 1 x")),
        tool(result("call 1 x", "2"), result("call:1/x", "1"))
      ]
    })
    assert.deepStrictEqual(
      messages[1]?.content.map(({ id }) => id),
      ["call_1_x", "call_1_x_2"]
    )
    assert.deepStrictEqual(
      messages[2]?.content.map(({ content, tool_use_id }) => [tool_use_id, content]),
      [
        ["call_1_x", "1"],
        ["call_1_x_2", "2"]
      ]
    )
  })

  it("keeps IDs unique that a client uses again in a later turn", () => {
    const { messages } = written({
      messages: [
        user("Go."),
        assistant(call("c")),
        tool(result("c", "1")),
        assistant(call("c")),
        tool(result("c", "2"))
      ]
    })
    assert.deepStrictEqual(
      messages.flatMap(({ content }) => content.map(({ id, tool_use_id }) => id ?? tool_use_id)).slice(1),
      ["c", "c", "c_2", "c_2"]
    )
    assert.strictEqual(messages[2]?.content[0]?.["content"], "1")
    assert.strictEqual(messages[4]?.content[0]?.["content"], "2")
  })

  it("parses arguments, and loses nothing of those that are no object", () => {
    const inputs = ['{"a":1}', "", "  ", '{"a":"cut of', '{"a":1,"b', "[1]", "nonsense"]
    const { messages } = written({
      messages: [user("Go."), assistant(...inputs.map((args, index) => call(`c${index}`, args)))]
    })
    assert.deepStrictEqual(
      messages[1]?.content.map(({ input }) => input),
      [{ a: 1 }, {}, {}, { a: "cut of" }, { a: 1 }, { malformed_arguments: "[1]" }, { malformed_arguments: "nonsense" }]
    )
  })

  it("renames tools whose names Claude does not take, and finds the way back", () => {
    const request = requestOf({
      messages: [user("Go."), assistant(call("a", {}, "files.read"))],
      tools: [
        { type: "function", name: "files.read" },
        { type: "function", name: "files/read" },
        { type: "function", name: "x".repeat(200) }
      ],
      toolChoice: { type: "tool", name: "files.read" }
    })
    const context = contextOf("claude-sonnet-4-5", request)
    const body = jsonOf(claudeProvider.encodeRequest(request, context))
    const names = (body["tools"] as ReadonlyArray<{ name: string }>).map(({ name }) => name)
    for (const name of names) assert.match(name, /^[a-zA-Z0-9_-]{1,128}$/)
    assert.strictEqual(new Set(names).size, 3)
    assert.deepInclude(body["tool_choice"], { type: "tool", name: names[0] })
    const answer = claudeProvider.decodeResponse(
      { content: names.map((name) => ({ type: "tool_use", id: name, name, input: {} })) },
      context
    )
    assert.deepStrictEqual(
      answer.choices[0]?.parts.map((part) => (part.type === "tool_call" ? part.name : part.type)),
      ["files.read", "files/read", "x".repeat(200)]
    )
  })
})
