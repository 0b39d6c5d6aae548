import { createRequire } from "node:module"

import { assert, describe, it } from "@effect/vitest"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { CanonicalRequest } from "../../../src/canonical/request.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import { geminiClient } from "../../../src/codecs/gemini/codec.ts"
import { fixtureText } from "./fixtures.ts"
import { asJson, contextOf, decoded, encodedStream } from "./translation.ts"

// The official SDK is a dependency of the reference proxy's tests. Here it talks to a server that answers with what the
// codec wrote, and whose requests the codec reads.

interface Chat {
  readonly sendMessageStream: (params: JsonObject) => Promise<AsyncIterable<{ readonly text: string | undefined }>>
  readonly getHistory: (curated: boolean) => ReadonlyArray<JsonObject>
}

/** What these tests use of `@google/genai`. */
interface GoogleGenAI {
  readonly models: {
    readonly generateContent: (params: JsonObject) => Promise<GenerateContentResponse>
    readonly generateContentStream: (params: JsonObject) => Promise<AsyncIterable<GenerateContentResponse>>
    readonly countTokens: (params: JsonObject) => Promise<JsonObject>
    readonly list: () => Promise<{ readonly page: ReadonlyArray<JsonObject> }>
  }
  readonly chats: { readonly create: (params: JsonObject) => Chat }
}

interface GenerateContentResponse {
  readonly candidates: ReadonlyArray<JsonObject> | undefined
  readonly text: string | undefined
  readonly functionCalls: ReadonlyArray<JsonObject> | undefined
  readonly usageMetadata: JsonObject | undefined
}

interface GooglePackage {
  readonly GoogleGenAI: new (options: JsonObject) => GoogleGenAI
}

const require = createRequire(new URL("../../../../../apps/proxy/package.json", import.meta.url))
const { GoogleGenAI: Client } = require("@google/genai") as GooglePackage

/** Runs with a client of a server that answers every request so, and gives the bodies that came. */
const withClient = async (
  answer: (response: ServerResponse) => void,
  use: (client: GoogleGenAI) => Promise<void>
): Promise<ReadonlyArray<JsonObject>> => {
  const bodies: Array<JsonObject> = []
  const server = createServer((request, response) => {
    let body = ""
    request.setEncoding("utf8")
    request.on("data", (chunk: string) => {
      body += chunk
    })
    request.on("end", () => {
      bodies.push(body === "" ? {} : (JSON.parse(body) as JsonObject))
      answer(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  try {
    await use(new Client({ apiKey: "test", httpOptions: { baseUrl: `http://127.0.0.1:${port}` } }))
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return bodies
}

const json =
  (body: JsonObject, status = 200) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { "content-type": "application/json" })
    response.end(JSON.stringify(body))
  }

const frames = (events: ReadonlyArray<StreamEvent>): string =>
  encodedStream(events)
    .map((data) => `data: ${data}\n\n`)
    .join("")

const stream =
  (text: string) =>
  (response: ServerResponse): void => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.end(text)
  }

const answered = JSON.parse(fixtureText("streams/thoughts-text-and-calls.json")) as ReadonlyArray<StreamEvent>
const busy = { status: 503, message: "busy", type: null, code: null, param: null }

const thrownBy = async (work: Promise<unknown>): Promise<{ readonly name: string; readonly status?: number }> => {
  try {
    await work
  } catch (error) {
    return error as Error & { readonly status?: number }
  }
  throw new Error("This must fail.")
}

const readAll = async ({ models }: GoogleGenAI): Promise<void> => {
  for await (const chunk of await models.generateContentStream({ model: "m", contents: "Hi" })) void chunk
}

const errorFrame = (): string => {
  let text = ""
  geminiClient.encodeStreamError(busy, (data) => {
    text += `data: ${data}\n\n`
  })
  return text
}

describe("@google/genai", () => {
  it("reads a whole answer", async () => {
    const wire = asJson(
      geminiClient.encodeResponse(
        {
          id: "r",
          model: "m",
          choices: [
            {
              parts: [
                { type: "reasoning", text: "hm", signature: { issuer: "claude", value: "EqQB" } },
                { type: "text", text: "Grüße 😀" },
                { type: "tool_call", id: "toolu_1", name: "f", arguments: '{"a":1}' }
              ],
              stopReason: "tool_calls"
            }
          ],
          usage: { inputTokens: 2, outputTokens: 3 }
        },
        contextOf()
      )
    )
    await withClient(json(wire), async ({ models }) => {
      const response = await models.generateContent({ model: "m", contents: "Hi" })
      assert.strictEqual(response.text, "Grüße 😀")
      assert.deepStrictEqual(asJson(response.functionCalls), [{ id: "toolu_1", name: "f", args: { a: 1 } }])
      assert.strictEqual(response.usageMetadata?.["totalTokenCount"], 5)
    })
  })

  it("reads a stream, and sends all of it back in its history", async () => {
    const bodies = await withClient(stream(frames(answered)), async ({ chats }) => {
      const chat = chats.create({ model: "m" })
      let text = ""
      for await (const chunk of await chat.sendMessageStream({ message: "Hi" })) text += chunk.text ?? ""
      assert.strictEqual(text, "Guten Tag 😀!")
      for await (const chunk of await chat.sendMessageStream({ message: "And?" })) void chunk
    })
    const { messages } = decoded(bodies[1] ?? {})
    const expected: CanonicalRequest["messages"] = [
      { role: "user", parts: [{ type: "text", text: "Hi" }] },
      {
        role: "assistant",
        parts: [
          { type: "reasoning", text: "Thinking hard." },
          { type: "text", text: "Guten Tag 😀!" },
          {
            type: "tool_call",
            id: "fc1",
            name: "weather",
            arguments: { city: "Köln" },
            signature: { issuer: "gemini", value: "c2ln" }
          },
          {
            type: "tool_call",
            id: "call_0123456789abcdefghijklmn",
            name: "weather",
            arguments: { city: "東京" }
          }
        ]
      },
      { role: "user", parts: [{ type: "text", text: "And?" }] }
    ]
    assert.deepStrictEqual(asJson(messages), expected)
  })

  it("throws its own error for an error body, with the status", async () => {
    await withClient(json(geminiClient.encodeError({ ...busy, status: 429 }), 429), async ({ models }) => {
      const error = await thrownBy(models.generateContent({ model: "m", contents: "Hi" }))
      assert.strictEqual(error.name, "ApiError")
      assert.strictEqual(error.status, 429)
    })
  })

  it("throws its own error in mid-stream for the bare error in a piece of its own", async () => {
    const begun = frames(answered.slice(0, 3)) + errorFrame()
    const answering: { response?: ServerResponse } = {}
    const answer = (response: ServerResponse): void => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.write(begun)
      answering.response = response
    }
    await withClient(answer, async ({ models }) => {
      const chunks = await models.generateContentStream({ model: "m", contents: "Hi" })
      const reading = async (): Promise<void> => {
        for await (const { candidates } of chunks) {
          // The first piece has been read to its end: now comes the second.
          if (candidates === undefined) answering.response?.end(geminiClient.encodeBareStreamError?.(busy))
        }
      }
      const error = await thrownBy(reading())
      assert.strictEqual(error.name, "ApiError")
      assert.strictEqual(error.status, 503)
    })
  })

  it("throws in mid-stream even when the bare error comes in one piece with what was before it", async () => {
    const text = frames(answered.slice(0, 3)) + errorFrame() + (geminiClient.encodeBareStreamError?.(busy) ?? "")
    await withClient(stream(text), async (client) => {
      assert.strictEqual((await thrownBy(readAll(client))).name, "ApiError")
    })
  })

  it("counts tokens and lists models", async () => {
    await withClient(json(geminiClient.encodeTokenCount({ inputTokens: 7 })), async ({ models }) => {
      assert.strictEqual((await models.countTokens({ model: "m", contents: "Hi" }))["totalTokens"], 7)
    })
    const listed = geminiClient.encodeModels([{ id: "gpt-5", ownedBy: "openai", created: 1 }])
    await withClient(json(listed), async ({ models }) => {
      const { page } = await models.list()
      assert.deepStrictEqual(
        page.map(({ name, displayName }) => [name, displayName]),
        [["models/gpt-5", "gpt-5"]]
      )
    })
  })

  it("writes requests that are read as they were meant", async () => {
    const bodies = await withClient(json({ candidates: [] }), async ({ models }) => {
      await models.generateContent({
        model: "m",
        contents: ["Hi", { inlineData: { mimeType: "image/png", data: "aGk=" } }],
        config: {
          systemInstruction: "Be kind.",
          temperature: 0.5,
          maxOutputTokens: 9,
          stopSequences: ["x"],
          responseMimeType: "application/json",
          responseSchema: { type: "OBJECT", properties: { a: { type: "STRING" } } },
          thinkingConfig: { thinkingLevel: "LOW", includeThoughts: true },
          tools: [{ functionDeclarations: [{ name: "f", parametersJsonSchema: { type: "object" } }] }],
          toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } },
          safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }]
        }
      })
    })
    assert.deepStrictEqual(asJson<unknown>(decoded(bodies[0] ?? {})), {
      model: "m",
      stream: false,
      messages: [
        { role: "system", parts: [{ type: "text", text: "Be kind." }] },
        {
          role: "user",
          parts: [
            { type: "text", text: "Hi" },
            { type: "image", source: { kind: "base64", mediaType: "image/png", data: "aGk=" } }
          ]
        }
      ],
      tools: [{ type: "function", name: "f", parameters: { type: "object" } }],
      toolChoice: { type: "tool", name: "f" },
      maxTokens: 9,
      sampling: { temperature: 0.5 },
      stop: ["x"],
      responseFormat: {
        type: "json_schema",
        schema: { type: "object", properties: { a: { type: "string" } } }
      },
      reasoning: { amount: { mode: "level", level: "low" }, visible: true },
      extensions: {
        protocol: "gemini",
        fields: { safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }] }
      }
    })
  })
})
