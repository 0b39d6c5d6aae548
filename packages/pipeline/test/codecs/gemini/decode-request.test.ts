import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { Part } from "../../../src/canonical/part.ts"
import type { CanonicalRequest } from "../../../src/canonical/request.ts"
import { geminiClient } from "../../../src/codecs/gemini/codec.ts"
import { fixtures } from "./fixtures.ts"
import { asJson, decoded } from "./translation.ts"

const user = (...parts: ReadonlyArray<JsonObject>): JsonObject => ({ role: "user", parts })
const model = (...parts: ReadonlyArray<JsonObject>): JsonObject => ({ role: "model", parts })
const call = (name: string, id?: string): JsonObject => ({ functionCall: { name, args: {}, ...(id && { id }) } })
const answer = (name: string, output: string, id?: string): JsonObject => ({
  functionResponse: { name, response: { output }, ...(id && { id }) }
})

const partsOf = (contents: ReadonlyArray<JsonObject>): ReadonlyArray<Part> =>
  decoded({ contents }).messages.flatMap((message): ReadonlyArray<Part> => message.parts)

const idsOf = (contents: ReadonlyArray<JsonObject>): ReadonlyArray<string> =>
  partsOf(contents).flatMap((part) => {
    if (part.type === "tool_call") return [`${part.name} ${part.id}`]
    if (part.type !== "tool_result") return []
    const [first] = part.content
    return [`${first?.type === "text" ? first.text : "?"} ${part.callId}`]
  })

const amountOf = (thinkingBudget: number) =>
  decoded({ contents: "Hi", generationConfig: { thinkingConfig: { thinkingBudget } } }).reasoning?.amount

const choiceOf = (functionCallingConfig: JsonObject) =>
  decoded({ contents: "Hi", toolConfig: { functionCallingConfig } }).toolChoice

const resultOf = (functionResponse: JsonObject): JsonObject =>
  asJson(partsOf([user({ functionResponse: { name: "f", id: "a", ...functionResponse } })])[0]) as unknown as JsonObject

const kindsOf = (mimeType: string) => partsOf([user({ inlineData: { mimeType, data: "aGk=" } })])[0]?.type

describe("a client's request", () => {
  for (const [name, value] of fixtures("requests")) {
    const { canonical, wire } = value as { readonly wire: JsonObject; readonly canonical: CanonicalRequest }
    it(`${name} is read`, () => {
      assert.deepStrictEqual(asJson(decoded(wire)), canonical)
    })
  }

  it("may have one content, one part, or a text in place of a list", () => {
    const hello = [{ role: "user", parts: [{ type: "text", text: "Hello" }] }]
    for (const contents of [
      "Hello",
      { parts: { text: "Hello" } },
      [{ text: "Hello" }],
      ["Hello"],
      [user({ text: "Hello" })]
    ]) {
      assert.deepStrictEqual(asJson(decoded({ contents }).messages), hello as never)
    }
  })

  it("may have its instruction as a text", () => {
    const { messages } = decoded({ systemInstruction: "Be kind.", contents: "Hi" })
    assert.deepStrictEqual(asJson(messages[0]), { role: "system", parts: [{ type: "text", text: "Be kind." }] })
  })

  it("says by its path, not its body, which model and whether it streams", () => {
    const request = Result.getOrThrow(
      geminiClient.decodeRequest({ model: "models/other", contents: "Hi" }, { model: "mine", stream: true })
    )
    assert.strictEqual(request.model, "mine")
    assert.isTrue(request.stream)
    assert.isUndefined(request.extensions)
  })

  it("without the amount of thinking says only whether thoughts are shown", () => {
    const { reasoning } = decoded({ contents: "Hi", generationConfig: { thinkingConfig: { includeThoughts: true } } })
    assert.deepStrictEqual(asJson(reasoning), { visible: true })
  })

  it("turns thinking off with a budget of 0, and leaves it to the model with -1", () => {
    assert.deepStrictEqual(amountOf(0), { mode: "none" })
    assert.deepStrictEqual(amountOf(-1), { mode: "auto" })
  })

  it("keeps a form of answer that only Google has", () => {
    const generationConfig = { responseMimeType: "text/x.enum", responseSchema: { type: "STRING", enum: ["a"] } }
    const { extensions, responseFormat } = decoded({ contents: "Hi", generationConfig })
    assert.isUndefined(responseFormat)
    assert.deepStrictEqual(extensions?.fields, { generationConfig })
  })

  it("has images apart from other media, by their types", () => {
    assert.strictEqual(kindsOf("image/webp"), "image")
    for (const mimeType of ["audio/wav", "video/mp4", "application/pdf", "text/plain"]) {
      assert.strictEqual(kindsOf(mimeType), "file", mimeType)
    }
  })

  it("may leave the choice of a tool open, forbid it, demand it, or name one", () => {
    assert.deepStrictEqual(choiceOf({ mode: "AUTO" }), { type: "auto" })
    assert.deepStrictEqual(choiceOf({ mode: "VALIDATED" }), { type: "auto" })
    assert.deepStrictEqual(choiceOf({ mode: "NONE" }), { type: "none" })
    assert.deepStrictEqual(choiceOf({ mode: "ANY" }), { type: "required" })
    assert.deepStrictEqual(choiceOf({ mode: "ANY", allowedFunctionNames: ["f"] }), { type: "tool", name: "f" })
    assert.deepStrictEqual(choiceOf({ mode: "VALIDATED", allowedFunctionNames: ["f", "g"] }), {
      type: "allowed",
      names: ["f", "g"],
      required: false
    })
    assert.isUndefined(choiceOf({ mode: "MODE_UNSPECIFIED" }))
  })
})

describe("calls and responses without IDs", () => {
  it("are matched first in, first out, for each name", () => {
    assert.deepStrictEqual(
      idsOf([model(call("f"), call("g"), call("f")), user(answer("g", "G"), answer("f", "F1"), answer("f", "F2"))]),
      [
        "f call_gemini_0",
        "g call_gemini_1",
        "f call_gemini_2",
        "G call_gemini_1",
        "F1 call_gemini_0",
        "F2 call_gemini_2"
      ]
    )
  })

  it("are matched across several turns in a row", () => {
    assert.deepStrictEqual(
      idsOf([model(call("f")), model(call("f")), user(answer("f", "1")), user(answer("f", "2"))]),
      ["f call_gemini_0", "f call_gemini_1", "1 call_gemini_0", "2 call_gemini_1"]
    )
  })

  it("are matched in the latest round, when a call before was never answered", () => {
    assert.deepStrictEqual(idsOf([model(call("f")), user({ text: "No." }), model(call("f")), user(answer("f", "2"))]), [
      "f call_gemini_0",
      "f call_gemini_1",
      "2 call_gemini_1"
    ])
  })

  it("are the same when the conversation is longer", () => {
    const turn = [model(call("f")), user(answer("f", "1"))]
    assert.deepStrictEqual(idsOf([...turn, ...turn]).slice(0, 2), idsOf(turn))
  })

  it("get an ID of their own when the response answers no call", () => {
    assert.deepStrictEqual(idsOf([user(answer("f", "1"), answer("f", "2"))]), ["1 call_gemini_0", "2 call_gemini_1"])
  })

  it("never get an ID that the client has given", () => {
    assert.deepStrictEqual(idsOf([model(call("f", "call_gemini_0"), call("f"))]), [
      "f call_gemini_0",
      "f call_gemini_1"
    ])
  })
})

describe("calls and responses with IDs", () => {
  it("keep them, in whatever order the responses come", () => {
    assert.deepStrictEqual(
      idsOf([model(call("f", "a"), call("f", "b")), user(answer("f", "B", "b"), answer("f", "A", "a"))]),
      ["f a", "f b", "B b", "A a"]
    )
  })

  it("leave the others to be matched by name", () => {
    assert.deepStrictEqual(idsOf([model(call("f", "a"), call("f")), user(answer("f", "A", "a"), answer("f", "2"))]), [
      "f a",
      "f call_gemini_0",
      "A a",
      "2 call_gemini_0"
    ])
  })

  it("match a call without an ID when only the response has one", () => {
    assert.deepStrictEqual(idsOf([model(call("f")), user(answer("f", "1", "mine"))]), [
      "f call_gemini_0",
      "1 call_gemini_0"
    ])
  })

  it("match a call with one when the response has none", () => {
    assert.deepStrictEqual(idsOf([model(call("f", "a")), user(answer("f", "1"))]), ["f a", "1 a"])
  })

  it("keep an ID that no call has", () => {
    assert.deepStrictEqual(idsOf([user(answer("f", "1", "gone"))]), ["1 gone"])
  })
})

describe("a function response", () => {
  it("is the text of `output`, `result`, or `content` beside the name", () => {
    for (const response of [{ output: "x" }, { result: "x" }, { content: "x", name: "f" }]) {
      assert.deepStrictEqual(resultOf({ response })["content"], [{ type: "text", text: "x" }])
    }
  })

  it("is an error when it has `error` alone", () => {
    assert.isTrue(resultOf({ response: { error: "x" } })["isError"])
    assert.isUndefined(resultOf({ response: { error: "x", code: 1 } })["isError"])
  })

  it("is JSON text when it is any other object", () => {
    assert.deepStrictEqual(resultOf({ response: { error: null, rows: [1] } })["content"], [
      { type: "text", text: '{"error":null,"rows":[1]}' }
    ])
  })

  it("may hold media", () => {
    const parts = [
      { inlineData: { mimeType: "image/png", data: "aGk=" } },
      { fileData: { mimeType: "application/pdf", fileUri: "https://example.com/a.pdf" } }
    ]
    assert.deepStrictEqual(resultOf({ response: { output: "see" }, parts })["content"], [
      { type: "text", text: "see" },
      { type: "image", source: { kind: "base64", mediaType: "image/png", data: "aGk=" } },
      { type: "file", source: { kind: "url", url: "https://example.com/a.pdf", mediaType: "application/pdf" } }
    ])
  })

  it("comes before the text of the same turn, and adjacent ones are one message", () => {
    const { messages } = decoded({
      contents: [
        model(call("f", "a"), call("f", "b")),
        user({ text: "first" }, answer("f", "A", "a")),
        user(answer("f", "B", "b"))
      ]
    })
    assert.deepStrictEqual(
      messages.map(({ parts, role }) => `${role} ${parts.length}`),
      ["assistant 2", "tool 1", "user 1", "tool 1"]
    )
    const adjacent = decoded({ contents: [user(answer("f", "A", "a")), user(answer("f", "B", "b"))] }).messages
    assert.deepStrictEqual(
      adjacent.map(({ parts, role }) => `${role} ${parts.length}`),
      ["tool 2"]
    )
  })
})

describe("a response in a turn of the model's", () => {
  it("is a message of its own", () => {
    const contents = [model(call("f", "a"), answer("f", "A", "a")), model({ text: "x" })]
    assert.deepStrictEqual(
      decoded({ contents }).messages.map(({ role }) => role),
      ["assistant", "tool", "assistant"]
    )
  })
})

describe("thoughts that a client sends back", () => {
  it("are put together again out of the pieces of a stream, up to the signature", () => {
    const parts = partsOf([
      model(
        { text: "a", thought: true },
        { text: "b", thought: true },
        { text: "", thought: true, thoughtSignature: "czE=" },
        { text: "c", thought: true },
        { text: "x" },
        { text: "y" }
      )
    ])
    assert.deepStrictEqual(asJson(parts), [
      { type: "reasoning", text: "ab", signature: { issuer: "gemini", value: "czE=" } },
      { type: "reasoning", text: "c" },
      { type: "text", text: "xy" }
    ] as never)
  })

  it("are put together across contents: SDKs keep one for each chunk", () => {
    const { messages } = decoded({
      contents: [
        model({ text: "a", thought: true }),
        model({ text: "", thought: true, thoughtSignature: "czE=" }),
        model({ text: "x" }),
        model({ text: "" }),
        model({ text: "y" }, call("f", "1"))
      ]
    })
    assert.deepStrictEqual(asJson(messages), [
      {
        role: "assistant",
        parts: [
          { type: "reasoning", text: "a", signature: { issuer: "gemini", value: "czE=" } },
          { type: "text", text: "xy" },
          { type: "tool_call", id: "1", name: "f", arguments: {} }
        ]
      }
    ])
  })

  it("give the signature of a text to a reasoning without words after it", () => {
    assert.deepStrictEqual(asJson(partsOf([model({ text: "Hi", thoughtSignature: "czE=" })])), [
      { type: "text", text: "Hi" },
      { type: "reasoning", text: "", signature: { issuer: "gemini", value: "czE=" } }
    ] as never)
  })
})
