import * as fc from "fast-check"

import type { Message } from "../../../src/canonical/message.ts"
import type {
  ImagePart,
  FilePart,
  MediaSource,
  Part,
  ReasoningPart,
  ToolCallPart
} from "../../../src/canonical/part.ts"
import type { CanonicalRequest, ResponseFormat } from "../../../src/canonical/request.ts"
import type { CanonicalResponse, Choice, StopReason } from "../../../src/canonical/response.ts"
import type { FunctionTool, ToolChoice } from "../../../src/canonical/tool.ts"
import { citationsOf, tokensWithBytes, withNotes } from "../note-arbitraries.ts"

/** Any text that is not empty, of whole characters. */
export const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 })

const name = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/)
const base64 = fc.uint8Array({ minLength: 1, maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString("base64"))
const tokens = fc.nat(1_000_000)

const textPart = text.map((value): Part => ({ type: "text", text: value }))

const inline = (mediaType: string) => base64.map((data): MediaSource => ({ kind: "base64", mediaType, data }))

const imagePart = fc
  .record(
    {
      source: fc.oneof(
        fc.webUrl().map((url): MediaSource => ({ kind: "url", url })),
        inline("image/png"),
        inline("image/jpeg")
      ),
      detail: fc.constantFrom("low", "high", "auto")
    },
    { requiredKeys: ["source"] }
  )
  .map((fields): ImagePart => ({ type: "image", ...fields }))

const filePart = fc.oneof(
  fc.oneof(inline("audio/wav"), inline("audio/mpeg")).map((source): FilePart => ({ type: "file", source })),
  fc.tuple(inline("application/pdf"), name).map(([source, title]): FilePart => ({ type: "file", source, name: title })),
  name.map((id): FilePart => ({ type: "file", source: { kind: "uploaded", protocol: "openai", id } }))
)

/** A turn of a user: one text, or texts and media among which is at least one that is no text. */
const userParts = fc.oneof(
  textPart.map((part) => [part]),
  fc
    .tuple(fc.array(textPart, { maxLength: 2 }), fc.oneof(imagePart, filePart), fc.array(textPart, { maxLength: 2 }))
    .map(([before, media, after]): Array<Part> => [...before, media, ...after])
)

const toolArguments = fc.dictionary(name, fc.jsonValue(), { maxKeys: 3 }).map((value) => JSON.stringify(value))

const toolCalls = (minLength: number) =>
  fc
    .uniqueArray(fc.tuple(name, name, toolArguments), { minLength, maxLength: 3, selector: ([id]) => id })
    .map((calls) =>
      calls.map(([id, tool, json]): ToolCallPart => ({ type: "tool_call", id, name: tool, arguments: json }))
    )

/** A turn of the model; after one with calls, the answers of the tools in any order. */
const assistantTurn = fc.oneof(
  fc
    .tuple(textPart, fc.option(text))
    .map(([said, refusal]): Array<Message> => [
      { role: "assistant", parts: refusal === null ? [said] : [said, { type: "refusal", text: refusal }] }
    ]),
  fc
    .tuple(fc.option(textPart), toolCalls(1))
    .chain(([said, calls]) =>
      fc.tuple(
        fc.constant(said === null ? calls : [said, ...calls]),
        fc.shuffledSubarray(calls, { minLength: calls.length }),
        fc.array(text, { minLength: calls.length, maxLength: calls.length })
      )
    )
    .map(([parts, order, answers]): Array<Message> => [
      { role: "assistant", parts },
      {
        role: "tool",
        parts: order.map((call, index) => ({
          type: "tool_result",
          callId: call.id,
          content: [{ type: "text", text: answers.at(index) ?? "" }]
        }))
      }
    ])
)

/** Messages of the model that follow one another are one turn, and so come back as one. */
const betweenTurns = (message: Message, index: number, all: ReadonlyArray<Message>): Array<Message> =>
  message.role === "assistant" && all[index - 1]?.role === "assistant"
    ? [{ role: "user", parts: [{ type: "text", text: "Go on." }] }, message]
    : [message]

const messages = fc
  .array(
    fc.oneof(
      userParts.map((parts): Array<Message> => [{ role: "user", parts }]),
      fc
        .tuple(fc.constantFrom("system", "developer"), textPart)
        .map(([role, part]): Array<Message> => [{ role, parts: [part] }]),
      assistantTurn
    ),
    { minLength: 1, maxLength: 6 }
  )
  .map((turns) => turns.flat().flatMap(betweenTurns))

const schema = fc
  .dictionary(name, fc.constantFrom({ type: "string" }, { type: "number", minimum: 0 }), { maxKeys: 3 })
  .map((properties) => ({ type: "object", properties }))

const tools = fc.uniqueArray(
  fc
    .record({ name, description: text, parameters: schema, strict: fc.boolean() }, { requiredKeys: ["name"] })
    .map((fields): FunctionTool => ({ type: "function", ...fields })),
  { maxLength: 3, selector: (tool) => tool.name }
)

const choiceAmong = (known: ReadonlyArray<FunctionTool>): fc.Arbitrary<ToolChoice> => {
  const names = known.map((tool) => tool.name)
  return fc.oneof(
    fc.constantFrom<ToolChoice>({ type: "auto" }, { type: "none" }, { type: "required" }),
    fc.constantFrom(...names).map((chosen): ToolChoice => ({ type: "tool", name: chosen })),
    fc
      .tuple(fc.subarray(names, { minLength: 1 }), fc.boolean())
      .map(([allowed, required]): ToolChoice => ({ type: "allowed", names: allowed, required }))
  )
}

const toolSettings = tools.chain((known) =>
  known.length === 0
    ? fc.constant({ tools: known })
    : fc.record(
        { tools: fc.constant(known), toolChoice: choiceAmong(known), parallelToolCalls: fc.boolean() },
        { requiredKeys: ["tools"] }
      )
)

// Not `json`: the messages may get a word more for it (provider-limits.test.ts).
const responseFormat = fc.oneof(
  fc.constant<ResponseFormat>({ type: "text" }),
  fc
    .record({ name, schema, description: text, strict: fc.boolean() }, { requiredKeys: ["name", "schema"] })
    .map((fields): ResponseFormat => ({ type: "json_schema", ...fields }))
)

const penalty = fc.double({ min: -2, max: 2, noNaN: true }).map((value) => value + 0)

const sampling = fc.record(
  {
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    topP: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.nat(),
    presencePenalty: penalty,
    frequencyPenalty: penalty
  },
  { requiredKeys: [] }
)

const stop = fc.array(text, { maxLength: 4 })

/** What a request holds besides `reasoning` and what goes with it. */
const common = fc.record(
  {
    messages,
    toolSettings,
    stream: fc.boolean(),
    maxTokens: tokens,
    choices: fc.integer({ min: 1, max: 4 }),
    responseFormat,
    user: text,
    extensions: fc.record({
      protocol: fc.constant("openai" as const),
      fields: fc.record({ metadata: fc.dictionary(name, text, { maxKeys: 2 }) })
    })
  },
  { requiredKeys: ["messages", "toolSettings", "stream"] }
)

const logprobs = fc.record({ top: fc.integer({ min: 0, max: 20 }) }, { requiredKeys: [] })

const requestFor = (
  model: string,
  more: fc.Arbitrary<Pick<CanonicalRequest, "sampling" | "stop" | "reasoning" | "logprobs">>
) =>
  fc.tuple(common, more).map(([{ toolSettings: settings, ...rest }, steering]): CanonicalRequest => ({
    model,
    ...rest,
    ...settings,
    ...steering,
    // A provider is always asked for the usage of a stream.
    ...(rest.stream ? { streamUsage: true } : {})
  }))

/** Requests that a chat completion can hold, for a model that does not reason and for one that does. */
export const request = fc.oneof(
  requestFor("gpt-4o", fc.record({ sampling, stop, logprobs }, { requiredKeys: ["sampling", "stop"] })),
  requestFor(
    "gpt-5.2",
    fc.record({
      sampling: fc.record({ seed: fc.nat() }, { requiredKeys: [] }),
      stop: fc.constant([]),
      reasoning: fc
        .constantFrom("low" as const, "medium" as const, "high" as const, "xhigh" as const)
        .map((level) => ({ amount: { mode: "level" as const, level } }))
    })
  )
)

const signature = fc.record({
  issuer: fc.constantFrom("openai" as const, "openai-response" as const, "claude" as const, "gemini" as const),
  value: base64
})

/** One thought without a signature, or any number of signed and encrypted ones. */
const thoughts = fc.oneof(
  text.map((value): Array<ReasoningPart> => [{ type: "reasoning", text: value }]),
  fc.array(
    fc.oneof(
      fc.tuple(text, signature).map(([value, proof]): ReasoningPart => ({
        type: "reasoning",
        text: value,
        signature: proof
      })),
      signature.map((value): ReasoningPart => ({ type: "reasoning", text: "", redacted: value }))
    ),
    { maxLength: 3 }
  )
)

const signedCalls = fc
  .tuple(toolCalls(0), fc.array(fc.option(signature), { minLength: 3, maxLength: 3 }))
  .map(([calls, proofs]) =>
    calls.map((call, index): ToolCallPart => {
      const proof = proofs[index] ?? null
      return proof === null ? call : { ...call, signature: proof }
    })
  )

const choice = fc
  .tuple(
    thoughts,
    fc.option(text.chain((said) => withNotes({ type: "text", text: said }, citationsOf, tokensWithBytes))),
    fc.option(text),
    signedCalls,
    fc.option(fc.constantFrom("length" as const, "content_filter" as const))
  )
  .map(([reasoning, said, refusal, calls, why]): Choice => {
    const parts: Array<Part> = [...reasoning]
    if (said !== null) parts.push(said)
    if (refusal !== null) parts.push({ type: "refusal", text: refusal })
    parts.push(...calls)
    const done: StopReason = calls.length > 0 ? "tool_calls" : refusal !== null ? "refusal" : "stop"
    return { parts, stopReason: why ?? done }
  })

const usage = fc.oneof(
  fc.record({ inputTokens: tokens, outputTokens: tokens }),
  fc.record({
    inputTokens: tokens,
    outputTokens: tokens,
    cacheReadTokens: tokens,
    cacheWriteTokens: tokens,
    reasoningTokens: tokens
  })
)

/** Answers that a chat completion can hold: thoughts first, one text, one refusal, tool calls last. */
export const response: fc.Arbitrary<CanonicalResponse> = fc.record(
  {
    id: name,
    model: name,
    createdAt: fc.integer({ min: 1, max: 2_000_000_000 }),
    choices: fc.array(choice, { minLength: 1, maxLength: 2 }),
    usage,
    serviceTier: name
  },
  { requiredKeys: ["id", "model", "createdAt", "choices"] }
)
