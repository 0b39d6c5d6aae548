import * as fc from "fast-check"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { Message } from "../../../src/canonical/message.ts"
import type { Part, Signature, ToolCallPart } from "../../../src/canonical/part.ts"
import type { Reasoning } from "../../../src/canonical/reasoning.ts"
import type { CanonicalRequest } from "../../../src/canonical/request.ts"
import type { CanonicalResponse, Choice } from "../../../src/canonical/response.ts"
import type { ToolChoice } from "../../../src/canonical/tool.ts"
import { citationsOf, tokens, withNotes } from "../note-arbitraries.ts"

// What the protocol can hold: for these, writing and reading gives the same again.

/** Text of all languages, whole characters only. */
const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 })
const base64 = fc.base64String({ minLength: 4, maxLength: 24 }).filter((value) => value !== "")
const name = fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,12}$/)

/** A JSON object as it is after one trip over the wire. */
const jsonObject: fc.Arbitrary<JsonObject> = fc
  .dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }))
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject)

const ownSignature: fc.Arbitrary<Signature> = base64.map((value) => ({ issuer: "gemini", value }))
/** Of any provider, as a client may have to carry it. */
const anySignature: fc.Arbitrary<Signature> = fc.record({
  issuer: fc.constantFrom("gemini", "claude", "openai-response", "openai"),
  value: base64
})

const textPart = text.map((value): Part => ({ type: "text", text: value }))
const imagePart = base64.map((data): Part => ({
  type: "image",
  source: { kind: "base64", mediaType: "image/png", data }
}))
const filePart = fc.oneof(
  base64.map((data): Part => ({ type: "file", source: { kind: "base64", mediaType: "application/pdf", data } })),
  text.map((path): Part => ({
    type: "file",
    source: { kind: "url", url: `https://example.com/${path}`, mediaType: "video/mp4" }
  }))
)
const foreignPart = jsonObject.map((value): Part => ({
  type: "foreign",
  protocol: "gemini",
  value: { executableCode: value }
}))

const reasoningPart = (signature: fc.Arbitrary<Signature>): fc.Arbitrary<Part> =>
  fc.oneof(
    fc.record({ type: fc.constant("reasoning" as const), text }),
    fc.record({ type: fc.constant("reasoning" as const), text, signature }),
    fc.record({ type: fc.constant("reasoning" as const), text: fc.constant(""), signature })
  )

const callPart = (signature: fc.Arbitrary<Signature>): fc.Arbitrary<Part> =>
  fc.record(
    { type: fc.constant("tool_call" as const), id: fc.constant(""), name, arguments: jsonObject, signature },
    { requiredKeys: ["type", "id", "name", "arguments"] }
  )

/**
 * Puts parts into a form that the wire can tell apart: neighbours of one kind would be read as one, and a signature
 * without words would go to the thought before it or to the call after it.
 */
const tellable = (parts: ReadonlyArray<Part>): ReadonlyArray<Part> => {
  const kept: Array<Part> = []
  for (const part of parts) {
    const last = kept.at(-1)
    const isOpenThought = last?.type === "reasoning" && last.signature === undefined && last.redacted === undefined
    if (part.type === "text" && last?.type === "text") continue
    if (part.type === "reasoning" && part.redacted === undefined && isOpenThought) continue
    const isWordless = last?.type === "reasoning" && last.text === ""
    if (part.type === "tool_call" && part.signature === undefined && isWordless) continue
    kept.push(part)
  }
  return kept
}

/** With IDs that no other call of the conversation has. */
const numbered = (parts: ReadonlyArray<Part>, prefix: string): ReadonlyArray<Part> =>
  parts.map((part, index) => (part.type === "tool_call" ? { ...part, id: `${prefix}-${index}` } : part))

const callsOf = (parts: ReadonlyArray<Part>): ReadonlyArray<ToolCallPart> =>
  parts.filter((part): part is ToolCallPart => part.type === "tool_call")

const userParts = fc.array(fc.oneof(textPart, imagePart, filePart), { minLength: 1, maxLength: 3 })

const modelParts = fc
  .array(fc.oneof(textPart, foreignPart, reasoningPart(ownSignature), callPart(ownSignature)), {
    minLength: 1,
    maxLength: 5
  })
  .map(tellable)
  .filter((parts) => parts.length > 0)

const step = fc.record({ model: modelParts, outputs: fc.infiniteStream(fc.tuple(text, fc.boolean())), user: userParts })

/** A conversation whose calls are all answered, and whose last turn is the user's. */
const conversation: fc.Arbitrary<ReadonlyArray<Message>> = fc
  .record({
    system: fc.array(text, { maxLength: 2 }),
    first: userParts,
    steps: fc.array(step, { maxLength: 3 })
  })
  .map(({ first, steps, system }) => {
    const messages: Array<Message> = []
    if (system.length > 0)
      messages.push({ role: "system", parts: system.map((value) => ({ type: "text", text: value })) })
    messages.push({ role: "user", parts: first })
    for (const [index, { model, outputs, user }] of steps.entries()) {
      const parts = numbered(model, `call-${index}`)
      messages.push({ role: "assistant", parts })
      const results = callsOf(parts).map(({ id: callId, name: called }) => {
        const { value = ["", false] } = outputs.next() as { value?: [string, boolean] }
        const [output, isError] = value
        return {
          type: "tool_result" as const,
          callId,
          name: called,
          content: [{ type: "text" as const, text: output }],
          ...(isError && { isError })
        }
      })
      if (results.length > 0) messages.push({ role: "tool", parts: results })
      if (results.length === 0 || index % 2 === 0) messages.push({ role: "user", parts: user })
    }
    return messages
  })

const schema: fc.Arbitrary<JsonObject> = fc
  .dictionary(name, fc.constantFrom({ type: "string" }, { type: "array", items: { type: "integer" } }), { minKeys: 1 })
  .map((properties) => ({ type: "object", properties, required: Object.keys(properties).slice(0, 1) }))

const tools = fc.uniqueArray(
  fc.record({ type: fc.constant("function" as const), name, description: text, parameters: schema }),
  { selector: (tool) => tool.name, minLength: 1, maxLength: 3 }
)

const toolChoice: fc.Arbitrary<ToolChoice> = fc.oneof(
  fc.constantFrom<ToolChoice>({ type: "auto" }, { type: "none" }, { type: "required" }),
  name.map((value): ToolChoice => ({ type: "tool", name: value })),
  fc
    .uniqueArray(name, { minLength: 2, maxLength: 3 })
    .chain((names) => fc.boolean().map((required): ToolChoice => ({ type: "allowed", names, required })))
)

const reasoning: fc.Arbitrary<Reasoning> = fc.oneof(
  fc.constant<Reasoning>({ amount: { mode: "none" }, visible: false }),
  fc.constant<Reasoning>({ visible: true }),
  fc.record({
    amount: fc.oneof(
      fc.constant({ mode: "auto" } as const),
      fc.integer({ min: 1, max: 99_999 }).map((tokens) => ({ mode: "budget", tokens }) as const),
      fc.constantFrom("minimal", "low", "medium", "high").map((level) => ({ mode: "level", level }) as const)
    ),
    visible: fc.boolean()
  })
)

const number = fc.integer({ min: 0, max: 1000 })

export const canonicalRequest: fc.Arbitrary<Partial<CanonicalRequest>> = fc.record(
  {
    messages: conversation,
    tools,
    toolChoice,
    maxTokens: fc.integer({ min: 1, max: 9999 }),
    sampling: fc.record(
      {
        temperature: number,
        topP: number,
        topK: number,
        seed: number,
        presencePenalty: number,
        frequencyPenalty: number
      },
      { requiredKeys: [] }
    ),
    stop: fc.array(text, { maxLength: 5 }),
    choices: fc.integer({ min: 1, max: 8 }),
    responseFormat: fc.oneof(
      fc.constant({ type: "json" } as const),
      schema.map((value) => ({ type: "json_schema", schema: value }) as const)
    ),
    reasoning,
    logprobs: fc.record({ top: fc.integer({ min: 1, max: 20 }) }, { requiredKeys: [] }),
    extensions: fc.constant({
      protocol: "gemini",
      fields: { safetySettings: [], generationConfig: { mediaResolution: "x" }, toolConfig: { retrievalConfig: {} } }
    } as const)
  },
  { requiredKeys: ["messages", "tools", "sampling", "stop"] }
)

const usage = fc.record({
  inputTokens: number,
  cacheReadTokens: fc.option(number, { nil: undefined }),
  outputTokens: fc.integer({ min: 1000, max: 2000 }),
  reasoningTokens: fc.option(number, { nil: undefined })
})

const plainAnswerParts = fc
  .array(fc.oneof(textPart, foreignPart, reasoningPart(ownSignature), callPart(ownSignature)), { maxLength: 6 })
  .map((parts) => numbered(tellable(parts), "call"))

/** The tokens of a candidate are those of its first text, and two texts cannot rest on one source in one place. */
const answerParts = plainAnswerParts.chain((parts) => {
  const first = parts.findIndex((part) => part.type === "text")
  const part = parts[first]
  return part?.type === "text"
    ? withNotes(part, citationsOf, tokens).map((noted) => parts.with(first, noted))
    : fc.constant(parts)
})

const choice: fc.Arbitrary<Choice> = answerParts.chain((parts) =>
  fc
    .constantFrom(callsOf(parts).length > 0 ? ("tool_calls" as const) : ("stop" as const), "length", "content_filter")
    .map((stopReason) => ({ parts, stopReason }))
)

/** An answer that a provider can have given. */
export const canonicalResponse: fc.Arbitrary<CanonicalResponse> = fc.record({
  id: name,
  model: name,
  choices: fc.array(choice, { minLength: 1, maxLength: 2 }),
  usage
})

const redactedPart = anySignature
  .filter(({ issuer }) => issuer !== "gemini")
  .map((redacted): Part => ({ type: "reasoning", text: "", redacted }))

/** Parts of an answer of any provider, as a client gets them and sends them back. */
export const carriedParts: fc.Arbitrary<ReadonlyArray<Part>> = fc
  .array(fc.oneof(textPart, reasoningPart(anySignature), redactedPart, callPart(anySignature)), {
    minLength: 1,
    maxLength: 6
  })
  .map((parts) => numbered(tellable(parts), "call"))
