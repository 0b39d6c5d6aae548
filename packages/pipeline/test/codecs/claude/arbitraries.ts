import * as fc from "fast-check"

import type { Citation } from "../../../src/canonical/citation.ts"
import type { JsonObject } from "../../../src/canonical/json.ts"
import type { Message } from "../../../src/canonical/message.ts"
import type { CacheMark, FilePart, ImagePart, Part, TextPart, ToolResultPart } from "../../../src/canonical/part.ts"
import { REASONING_LEVELS } from "../../../src/canonical/reasoning.ts"
import type { CanonicalRequest } from "../../../src/canonical/request.ts"
import type { CanonicalResponse } from "../../../src/canonical/response.ts"

// What Claude's protocol can hold, in canonical terms: each of these comes back as it was.

/** Text that the API takes: with a visible character, of any script. */
export const visibleText = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .filter((text) => /\S/.test(text))

const word = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/)

const cache: fc.Arbitrary<CacheMark | undefined> = fc.constantFrom(undefined, {}, { ttl: "5m" }, { ttl: "1h" })

const jsonObject: fc.Arbitrary<JsonObject> = fc
  .dictionary(word, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject)

const text: fc.Arbitrary<TextPart> = fc.record({ type: fc.constant("text" as const), text: visibleText, cache })

const base64 = fc.base64String({ minLength: 4, maxLength: 24 })

const image: fc.Arbitrary<ImagePart> = fc.record({
  type: fc.constant("image" as const),
  source: fc.oneof(
    fc.record({
      kind: fc.constant("base64" as const),
      mediaType: fc.constantFrom("image/png", "image/jpeg", "image/gif", "image/webp"),
      data: base64
    }),
    fc.record({ kind: fc.constant("url" as const), url: fc.webUrl() }),
    fc.record({ kind: fc.constant("uploaded" as const), protocol: fc.constant("claude" as const), id: word })
  ),
  cache
})

const file: fc.Arbitrary<FilePart> = fc.record({
  type: fc.constant("file" as const),
  source: fc.oneof(
    fc.record({
      kind: fc.constant("base64" as const),
      mediaType: fc.constant("application/pdf"),
      data: base64
    }),
    fc.record({ kind: fc.constant("url" as const), url: fc.webUrl(), mediaType: fc.constant("application/pdf") })
  ),
  name: fc.option(visibleText, { nil: undefined }),
  cache
})

const content = fc.oneof(text, image, file)

const thought: fc.Arbitrary<Part> = fc.oneof(
  fc.record({
    type: fc.constant("reasoning" as const),
    text: fc.oneof(visibleText, fc.constant("")),
    signature: fc.record({ issuer: fc.constant("claude" as const), value: base64 })
  }),
  fc.record({
    type: fc.constant("reasoning" as const),
    text: fc.constant(""),
    redacted: fc.record({ issuer: fc.constant("claude" as const), value: base64 })
  })
)

const call = fc.record({ name: word, arguments: jsonObject, cache })

const citation: fc.Arbitrary<Citation> = fc.oneof(
  fc.record({ url: fc.webUrl(), title: word, citedText: word, encrypted: base64 }).map((source) => ({
    url: source.url,
    title: source.title,
    citedText: source.citedText,
    extensions: {
      protocol: "claude" as const,
      fields: {
        type: "web_search_result_location",
        url: source.url,
        title: source.title,
        cited_text: source.citedText,
        encrypted_index: source.encrypted
      }
    }
  })),
  fc.record({ title: word, citedText: word, start: fc.nat(99) }).map(({ citedText, start, title }) => ({
    title,
    citedText,
    extensions: {
      protocol: "claude" as const,
      fields: {
        type: "char_location",
        cited_text: citedText,
        document_index: 0,
        document_title: title,
        start_char_index: start,
        end_char_index: start + citedText.length
      }
    }
  }))
)

const citedText: fc.Arbitrary<TextPart> = fc
  .tuple(text, fc.option(fc.array(citation, { minLength: 1, maxLength: 3 })))
  .map(([part, citations]) => (citations === null ? part : { ...part, citations }))

/** What the model said in one turn: thoughts first, then text, then calls. */
interface Said {
  readonly thoughts: ReadonlyArray<Part>
  readonly texts: ReadonlyArray<TextPart>
  readonly calls: ReadonlyArray<{
    readonly name: string
    readonly arguments: JsonObject
    readonly cache: CacheMark | undefined
  }>
}

const said: fc.Arbitrary<Said> = fc
  .record({
    thoughts: fc.array(thought, { maxLength: 2 }),
    texts: fc.array(citedText, { maxLength: 2 }),
    calls: fc.array(call, { maxLength: 3 })
  })
  .filter(({ calls, texts }) => calls.length + texts.length > 0)

const result = fc.record({
  content: fc.array(content, { maxLength: 2 }),
  cache,
  extensions: fc.constant(undefined)
})

const failure = fc.record({ content: fc.array(text, { maxLength: 2 }), isError: fc.constant(true) })

const turn = fc.record({
  said,
  results: fc.array(fc.oneof(result, failure), { minLength: 3, maxLength: 3 }),
  more: fc.array(content, { maxLength: 2 }),
  otherwise: text
})

/** A conversation in which every call has its result, and the user has the last word. */
export const conversation: fc.Arbitrary<ReadonlyArray<Message>> = fc
  .tuple(
    fc.array(text, { maxLength: 2 }),
    fc.array(content, { minLength: 1, maxLength: 3 }),
    fc.array(turn, { maxLength: 3 })
  )
  .map(([instructions, asked, turns]) => {
    const messages: Array<Message> = []
    if (instructions.length > 0) messages.push({ role: "system", parts: instructions })
    messages.push({ role: "user", parts: asked })
    for (const [at, { more, otherwise, results, said }] of turns.entries()) {
      const id = (index: number) => `toolu_${at}_${index}`
      const calls = said.calls.map((call, index) => ({ type: "tool_call" as const, id: id(index), ...call }))
      messages.push({ role: "assistant", parts: [...said.thoughts, ...said.texts, ...calls] })
      const answers = calls.map((call, index): ToolResultPart => ({
        type: "tool_result",
        callId: call.id,
        content: [],
        ...results[index]
      }))
      if (answers.length > 0) messages.push({ role: "tool", parts: answers })
      if (more.length > 0) messages.push({ role: "user", parts: more })
      else if (answers.length === 0) messages.push({ role: "user", parts: [otherwise] })
    }
    return messages
  })

const schema: fc.Arbitrary<JsonObject> = fc
  .dictionary(word, fc.constantFrom({ type: "string" }, { type: "number" }))
  .map((properties) => ({ type: "object", properties, required: Object.keys(properties), additionalProperties: false }))

const tools: fc.Arbitrary<CanonicalRequest["tools"]> = fc.uniqueArray(
  fc.oneof(
    fc.record({
      type: fc.constant("function" as const),
      name: word,
      description: fc.option(visibleText, { nil: undefined }),
      parameters: schema,
      strict: fc.constantFrom(undefined, true, false),
      cache
    }),
    fc.record({
      type: fc.constant("foreign" as const),
      protocol: fc.constant("claude" as const),
      value: word.map((name) => ({ type: "web_search_20250305", name: `server-${name}` }))
    })
  ),
  { selector: (tool) => (tool.type === "function" ? tool.name : tool.value.name), minLength: 1, maxLength: 4 }
)

const amount = fc.oneof(
  fc.constantFrom({ mode: "none" } as const, { mode: "auto" } as const),
  fc
    .constantFrom(...REASONING_LEVELS.filter((level) => level !== "minimal" && level !== "xhigh"))
    .map((level) => ({ mode: "level", level }) as const),
  fc.integer({ min: 1024, max: 30_000 }).map((tokens) => ({ mode: "budget", tokens }) as const)
)

/** Requests for a model that knows both budgets and efforts. */
export const request: fc.Arbitrary<CanonicalRequest> = fc
  .record({
    model: fc.constant("claude-opus-4-6"),
    stream: fc.boolean(),
    messages: conversation,
    tools,
    toolChoice: fc.constantFrom(undefined, { type: "auto" } as const, { type: "none" } as const),
    maxTokens: fc.integer({ min: 30_001, max: 64_000 }),
    stop: fc.array(visibleText, { maxLength: 3 }),
    responseFormat: fc.option(
      schema.map((inner) => ({ type: "json_schema" as const, schema: inner })),
      { nil: undefined }
    ),
    reasoning: fc
      .option(amount, { nil: undefined })
      .map((value) => (value === undefined ? undefined : { amount: value })),
    user: fc.option(fc.uuid(), { nil: undefined }),
    extensions: fc.option(
      fc.constant({ protocol: "claude" as const, fields: { service_tier: "auto", container: "c_1" } }),
      { nil: undefined }
    )
  })
  .filter(({ messages, reasoning }) => reasoning?.amount.mode !== "budget" || !hasCalls(messages))
  .map((fields) => ({ ...fields, sampling: {} }))

/** With calls under way, a budget is given up when thoughts are missing: that has tests of its own. */
const hasCalls = (messages: ReadonlyArray<Message>): boolean => messages.some(({ role }) => role === "tool")

const usage = fc
  .record({ read: fc.nat(1e6), write: fc.nat(1e6), rest: fc.nat(1e6), output: fc.nat(1e6) })
  .map(({ output, read, rest, write }) => ({
    inputTokens: read + write + rest,
    cacheReadTokens: read,
    cacheWriteTokens: write,
    outputTokens: output
  }))

/** Whole answers of Claude. */
export const response: fc.Arbitrary<CanonicalResponse> = fc
  .record({ id: word, model: word, said, usage, length: fc.boolean() })
  .map(({ id, length, model, said, usage }) => {
    const calls = said.calls.map(({ arguments: args, name }, index) => ({
      type: "tool_call" as const,
      id: `toolu_${index}`,
      name,
      arguments: args
    }))
    const texts = said.texts.map(({ cache: _cache, ...words }) => words)
    const reason = calls.length > 0 ? ("tool_calls" as const) : ("stop" as const)
    return {
      id,
      model,
      choices: [{ parts: [...said.thoughts, ...texts, ...calls], stopReason: length ? ("length" as const) : reason }],
      usage,
      serviceTier: "standard"
    }
  })
