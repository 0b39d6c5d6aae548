import { assert, describe, it } from "@effect/vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { Message } from "../../../src/canonical/message.ts"
import type { Part, ToolCallPart, ToolResultPart } from "../../../src/canonical/part.ts"
import type { CanonicalRequest } from "../../../src/canonical/request.ts"
import { geminiProvider } from "../../../src/codecs/gemini/codec.ts"
import { fixtures } from "./fixtures.ts"
import { asJson, contextOf, decoded, encoded, requestOf } from "./translation.ts"

interface Case {
  readonly model: string
  readonly canonical: Partial<CanonicalRequest>
  readonly wire: JsonObject
  readonly toolNames?: Record<string, string>
}

const user = (...parts: ReadonlyArray<Part | string>): Message => ({ role: "user", parts: parts.map(partOf) })
const assistant = (...parts: ReadonlyArray<Part | string>): Message => ({ role: "assistant", parts: parts.map(partOf) })
const system = (...parts: ReadonlyArray<Part | string>): Message => ({ role: "system", parts: parts.map(partOf) })
const tool = (...parts: ReadonlyArray<ToolResultPart>): Message => ({ role: "tool", parts })
const partOf = (part: Part | string): Part => (typeof part === "string" ? { type: "text", text: part } : part)
const call = (id: string, name = "f", others: Partial<ToolCallPart> = {}): ToolCallPart => ({
  type: "tool_call",
  id,
  name,
  arguments: {},
  ...others
})
const result = (callId: string, text: string, others: Partial<ToolResultPart> = {}): ToolResultPart => ({
  type: "tool_result",
  callId,
  content: [{ type: "text", text }],
  ...others
})

const contentsOf = (messages: ReadonlyArray<Message>, model?: string): ReadonlyArray<JsonObject> =>
  asJson(encoded({ messages }, model)["contents"]) as ReadonlyArray<JsonObject>

const response = (id: string, output: string, name = "f"): JsonObject => ({
  functionResponse: { id, name, response: { output } }
})
const functionCall = (id: string, name = "f"): JsonObject => ({ functionCall: { id, name, args: {} } })

/** A part as it is in the user's turn. */
const encodedPart = (part: Part): unknown => contentsOf([user(part)])[0]?.["parts"]

/** What the model said, as it is before its call is answered. */
const modelParts = (model: string, ...parts: ReadonlyArray<Part | string>): unknown =>
  contentsOf([user("a"), assistant(...parts), tool(result("1", "x"))], model)[1]?.["parts"]

describe("a request to the provider", () => {
  for (const [name, value] of fixtures("provider-requests")) {
    const { canonical, model, toolNames, wire } = value as Case
    it(`${name} is written`, () => {
      const context = contextOf(requestOf(canonical), model)
      assert.deepStrictEqual(asJson(geminiProvider.encodeRequest(requestOf(canonical), context)), wire)
      assert.deepStrictEqual(Object.fromEntries(context.toolNames), toolNames ?? {})
    })
  }
})

describe("the conversation", () => {
  it("has system messages at its head as the instruction, later ones as reminders of the user's", () => {
    const wire = encoded({
      messages: [
        system("A"),
        { role: "developer", parts: [{ type: "text", text: "B" }] },
        user("Hi"),
        system("C"),
        user("Go")
      ]
    })
    assert.deepStrictEqual(wire["systemInstruction"], { parts: [{ text: "A" }, { text: "B" }] })
    assert.deepStrictEqual(wire["contents"], [
      { role: "user", parts: [{ text: "Hi" }, { text: "<system-reminder>\nC\n</system-reminder>" }, { text: "Go" }] }
    ])
  })

  it("of system messages alone becomes the user's", () => {
    const wire = encoded({ messages: [system("A")] })
    assert.isUndefined(wire["systemInstruction"])
    assert.deepStrictEqual(wire["contents"], [{ role: "user", parts: [{ text: "A" }] }])
  })

  it("has turns that take turns, without empty texts", () => {
    assert.deepStrictEqual(
      contentsOf([user("a"), user("", "b"), assistant("c"), assistant(""), assistant("d"), user("e")]),
      [
        { role: "user", parts: [{ text: "a" }, { text: "b" }] },
        { role: "model", parts: [{ text: "c" }, { text: "d" }] },
        { role: "user", parts: [{ text: "e" }] }
      ]
    )
  })

  it("joins the user's turns around a turn of the model that is empty", () => {
    assert.deepStrictEqual(contentsOf([user("a"), assistant(""), user("b")]), [
      { role: "user", parts: [{ text: "a" }, { text: "b" }] }
    ])
  })

  it("loses the beginning of an answer at its end, and calls that nobody answered", () => {
    assert.deepStrictEqual(contentsOf([user("a"), assistant("The answer is")]), [
      { role: "user", parts: [{ text: "a" }] }
    ])
    assert.deepStrictEqual(contentsOf([user("a"), assistant(call("1"))]), [{ role: "user", parts: [{ text: "a" }] }])
  })

  it("begins with the user", () => {
    assert.strictEqual(contentsOf([assistant(call("1")), tool(result("1", "x"))])[0]?.["role"], "user")
  })
})

describe("tool results", () => {
  it("follow their calls in one turn, in the order of the calls, before anything else", () => {
    assert.deepStrictEqual(
      contentsOf([
        user("a"),
        assistant(call("1", "f"), call("2", "g")),
        tool(result("2", "G")),
        user("b"),
        tool(result("1", "F"))
      ]).slice(1),
      [
        { role: "model", parts: [functionCall("1", "f"), functionCall("2", "g")] },
        { role: "user", parts: [response("1", "F", "f"), response("2", "G", "g"), { text: "b" }] }
      ]
    )
  })

  it("are as many as the calls: one that is missing is empty", () => {
    assert.deepStrictEqual(contentsOf([user("a"), assistant(call("1"), call("2")), tool(result("2", "x"))])[2], {
      role: "user",
      parts: [{ functionResponse: { id: "1", name: "f", response: {} } }, response("2", "x")]
    })
  })

  it("of one call are the last of them", () => {
    assert.deepStrictEqual(contentsOf([user("a"), assistant(call("1")), tool(result("1", "x"), result("1", "y"))])[2], {
      role: "user",
      parts: [response("1", "y")]
    })
  })

  it("whose call is not in the turn before are told in words", () => {
    assert.deepStrictEqual(contentsOf([user("a"), tool(result("gone", "x", { name: "f" }))]), [
      { role: "user", parts: [{ text: "a" }, { text: "Result of f (gone):\nx" }] }
    ])
  })

  it("that are errors say so", () => {
    const contents = contentsOf([user("a"), assistant(call("1")), tool(result("1", "broke", { isError: true }))])
    assert.deepStrictEqual(contents[2]?.["parts"], [
      { functionResponse: { id: "1", name: "f", response: { error: "broke" } } }
    ])
  })

  const picture: Part = { type: "image", source: { kind: "base64", mediaType: "image/png", data: "aW1n" } }
  const withPicture = [
    user("a"),
    assistant(call("1")),
    tool({ type: "tool_result", callId: "1", content: [{ type: "text", text: "see" }, picture] })
  ]

  it("hold their images, for models that read them there", () => {
    assert.deepStrictEqual(contentsOf(withPicture, "gemini-3-flash-preview")[2]?.["parts"], [
      {
        functionResponse: {
          id: "1",
          name: "f",
          response: { output: "see" },
          parts: [{ inlineData: { mimeType: "image/png", data: "aW1n" } }]
        }
      }
    ])
  })

  it("keep the names by which they refer to their media", () => {
    const contents = [
      { role: "user", parts: [{ text: "a" }] },
      { role: "model", parts: [functionCall("1")] },
      {
        role: "user",
        parts: [
          {
            functionResponse: {
              id: "1",
              name: "f",
              response: { picture: { $ref: "a.png" }, page: { $ref: "b.pdf" } },
              parts: [
                { inlineData: { mimeType: "image/png", data: "aW1n", displayName: "a.png" } },
                { inlineData: { mimeType: "application/pdf", data: "cGRm", displayName: "b.pdf" } }
              ]
            }
          }
        ]
      }
    ]
    assert.deepStrictEqual(contentsOf(decoded({ contents }).messages, "gemini-3-flash-preview")[2], contents[2])
  })

  it("have their images beside them, for others", () => {
    assert.deepStrictEqual(contentsOf(withPicture, "gemini-2.5-pro")[2]?.["parts"], [
      response("1", "see"),
      { text: "From the result of f (1):" },
      { inlineData: { mimeType: "image/png", data: "aW1n" } }
    ])
  })
})

describe("media", () => {
  it("of a URL are fetched by the provider, with the type that the URL's ending tells", () => {
    assert.deepStrictEqual(
      encodedPart({ type: "image", source: { kind: "url", url: "https://example.com/a.JPG?x=1" } }),
      [{ fileData: { mimeType: "image/jpeg", fileUri: "https://example.com/a.JPG?x=1" } }]
    )
    assert.deepStrictEqual(encodedPart({ type: "image", source: { kind: "url", url: "https://example.com/a" } }), [
      { fileData: { fileUri: "https://example.com/a" } }
    ])
  })

  it("of a data URL are bytes", () => {
    assert.deepStrictEqual(encodedPart({ type: "image", source: { kind: "url", url: "data:image/png;base64,aGk=" } }), [
      { inlineData: { mimeType: "image/png", data: "aGk=" } }
    ])
  })

  it("that were uploaded to another provider are left out, in words", () => {
    assert.deepStrictEqual(
      encodedPart({ type: "file", name: "a.pdf", source: { kind: "uploaded", protocol: "openai", id: "file-1" } }),
      [{ text: "[A file was left out: a.pdf]" }]
    )
  })

  it("of audio are bytes too", () => {
    assert.deepStrictEqual(
      encodedPart({ type: "file", source: { kind: "base64", mediaType: "audio/wav", data: "UklG" } }),
      [{ inlineData: { mimeType: "audio/wav", data: "UklG" } }]
    )
  })
})

describe("thoughts and signatures", () => {
  const own = { issuer: "gemini", value: "b3du" } as const
  const foreign = { issuer: "claude", value: "Zm9yZWlnbg==" } as const

  it("stay in their place, with the signature that Gemini issued and no other", () => {
    assert.deepStrictEqual(
      modelParts(
        "gemini-2.5-pro",
        { type: "reasoning", text: "mine", signature: own },
        { type: "reasoning", text: "theirs", signature: foreign },
        { type: "reasoning", text: "", redacted: foreign },
        "Hi",
        call("1", "f", { signature: own })
      ),
      [
        { text: "mine", thought: true, thoughtSignature: "b3du" },
        { text: "theirs", thought: true },
        { text: "Hi" },
        { ...functionCall("1"), thoughtSignature: "b3du" }
      ]
    )
  })

  it("without words follow the text that they prove", () => {
    assert.deepStrictEqual(modelParts("gemini-2.5-pro", "Hi", { type: "reasoning", text: "", signature: own }), [
      { text: "Hi" },
      { text: "", thoughtSignature: "b3du" }
    ])
  })

  it("without words go on the call right after them, if it has none", () => {
    const wordless: Part = { type: "reasoning", text: "", signature: own }
    assert.deepStrictEqual(modelParts("gemini-3-pro-preview", wordless, call("1")), [
      { ...functionCall("1"), thoughtSignature: "b3du" }
    ])
    assert.deepStrictEqual(
      modelParts("gemini-3-pro-preview", wordless, call("1", "f", { signature: { issuer: "gemini", value: "Yw==" } })),
      [
        { text: "", thoughtSignature: "b3du" },
        { ...functionCall("1"), thoughtSignature: "Yw==" }
      ]
    )
  })

  const skipped = { thoughtSignature: "skip_thought_signature_validator" }

  it("are stood in for on the first call of each step that another model took in this turn", () => {
    const contents = contentsOf(
      [
        user("before"),
        assistant(call("0")),
        tool(result("0", "x")),
        assistant("done"),
        user("now"),
        assistant(call("1"), call("2")),
        tool(result("1", "x"), result("2", "x")),
        assistant(call("3", "f", { signature: foreign })),
        tool(result("3", "x"))
      ],
      "gemini-3-pro-preview"
    )
    assert.deepStrictEqual(
      contents.filter(({ role }) => role === "model").map(({ parts }) => parts),
      [
        [functionCall("0")],
        [{ text: "done" }],
        [{ ...functionCall("1"), ...skipped }, functionCall("2")],
        [{ ...functionCall("3"), ...skipped }]
      ]
    )
  })

  it("are not stood in for where the model does not ask for them", () => {
    assert.deepStrictEqual(modelParts("gemini-2.5-pro", call("1")), [functionCall("1")])
  })
})

describe("a question for the number of tokens", () => {
  it("holds instructions and tools too", () => {
    const request = requestOf({
      messages: [system("A"), user("Hi")],
      tools: [{ type: "function", name: "f" }],
      maxTokens: 5
    })
    assert.deepStrictEqual(asJson(geminiProvider.encodeCountRequest?.(request, contextOf(request, "gemini-2.5-pro"))), {
      generateContentRequest: {
        model: "models/gemini-2.5-pro",
        systemInstruction: { parts: [{ text: "A" }] },
        contents: [{ role: "user", parts: [{ text: "Hi" }] }],
        tools: [{ functionDeclarations: [{ name: "f", description: "" }] }]
      }
    })
  })

  it("is answered with a number, or with none", () => {
    assert.strictEqual(geminiProvider.decodeTokenCount({ totalTokens: 31, totalBillableCharacters: 96 }), 31)
    assert.isUndefined(geminiProvider.decodeTokenCount({ totalTokens: "31" }))
    assert.isUndefined(geminiProvider.decodeTokenCount({}))
  })
})
