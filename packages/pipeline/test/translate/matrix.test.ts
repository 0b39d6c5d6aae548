import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import type { ProtocolName } from "../../src/canonical/extensions.ts"
import type { Part } from "../../src/canonical/part.ts"
import type { CanonicalResponse } from "../../src/canonical/response.ts"
import type { StreamEvent } from "../../src/canonical/stream-event.ts"
import type { TranslationContext } from "../../src/codecs/codec.ts"
import type { ProviderProtocol } from "../../src/provider/provider-protocol.ts"
import { readSseEvents } from "../../src/wire/sse-events.ts"
import { translatedReading } from "../../src/translate/answer-reading.ts"
import { clientCodecs, providerCodecs } from "../../src/translate/codecs.ts"
import { emitResponse } from "../../src/translate/response-events.ts"
import type { StreamPassage } from "../../src/translate/stream-passage.ts"
import { EMPTY_REQUEST, makeTranslationContext } from "../../src/translate/translation-context.ts"
import { accumulate, comparable } from "./accumulate.ts"

const redactNothing = (text: string): string => text

const clients = Object.keys(clientCodecs) as ReadonlyArray<ProtocolName>
const providers = Object.keys(providerCodecs) as ReadonlyArray<ProviderProtocol>

/** A context whose IDs are the same each time it is made. */
const contextOf = (stream: boolean): TranslationContext => {
  let ids = 0
  const request = { ...EMPTY_REQUEST, model: "m", stream, streamUsage: true }
  return { ...makeTranslationContext(request, "m", 1_700_000_000_000), newId: () => `id${++ids}`.padEnd(24, "0") }
}

const signed = (issuer: ProviderProtocol, text: string): Part => ({
  type: "reasoning",
  text,
  signature: { issuer, value: Buffer.from(`signed ${text}`).toString("base64") }
})

const call = (n: number, input: Readonly<Record<string, unknown>>): Part => ({
  type: "tool_call",
  id: `call_${n}`,
  name: "look_up",
  arguments: input
})

/** Answers that all three providers can give. */
const answers = (provider: ProviderProtocol): ReadonlyArray<readonly [string, CanonicalResponse]> => {
  const thought =
    provider === "openai" ? ({ type: "reasoning", text: "Hm, größer 🤔?" } as const) : signed(provider, "Hm 🤔")
  const usage = { inputTokens: 30, cacheReadTokens: 20, outputTokens: 12, reasoningTokens: 5 }
  const whole = (parts: ReadonlyArray<Part>, stopReason: CanonicalResponse["choices"][number]["stopReason"]) =>
    ({ id: "answer", model: "m", choices: [{ parts, stopReason }], usage }) satisfies CanonicalResponse
  return [
    ["text", whole([{ type: "text", text: 'Grüße, 世界 🌍!\n\n"data: [DONE]"\r\n' }], "stop")],
    [
      "text that rests on sources, with the probabilities of its tokens",
      whole(
        [
          {
            type: "text",
            text: "Grüße 🌍! Käse 🧀.",
            citations: [
              { url: "https://example.com/welt", title: "Welt 🌍", range: { start: 6, end: 8 } },
              { url: "https://example.com/kaese", title: "Käse", citedText: "Er ist alt." }
            ],
            logprobs: [
              { token: "Grüße", logprob: -0.5, bytes: [71, 114], top: [{ token: "Hallo", logprob: -1.5 }] },
              { token: " 🌍! Käse 🧀.", logprob: 0, top: [] }
            ]
          }
        ],
        "stop"
      )
    ],
    ["text that ran out of tokens", whole([{ type: "text", text: "unfinish" }], "length")],
    ["one call without arguments", whole([call(1, {})], "tool_calls")],
    [
      "thought, text and two parallel calls",
      whole(
        [
          thought,
          { type: "text", text: "Let me see." },
          call(1, { city: "Zürich 🏔" }),
          call(2, { list: [1, { a: null }] })
        ],
        "tool_calls"
      )
    ]
  ]
}

/** The answer as the provider's own JSON. */
const wireOf = (provider: ProviderProtocol, answer: CanonicalResponse): Buffer =>
  Buffer.from(JSON.stringify(clientCodecs[provider].encodeResponse(answer, contextOf(false))))

/** The answer as the provider's own stream. */
const streamOf = (provider: ProviderProtocol, answer: CanonicalResponse): Buffer => {
  const encoder = clientCodecs[provider].makeStreamEncoder(contextOf(true))
  let text = ""
  emitResponse(answer, (event) =>
    encoder.push(event, (data, name) => {
      text += `${name === undefined ? "" : `event: ${name}\n`}data: ${data}\n\n`
    })
  )
  return Buffer.from(text)
}

/** What a client got, in no protocol. */
const readWhole = (client: ProtocolName, body: Buffer): unknown => {
  const json = JSON.parse(body.toString())
  if (client === "openai-response") return responsesView(json)
  return comparable(providerCodecs[client].decodeResponse(json, contextOf(false)))
}

const readStream = (client: ProtocolName, bytes: Buffer): unknown => {
  const frames = readSseEvents().push(bytes)
  if (client === "openai-response") {
    const last = JSON.parse(frames.at(-1)!.data)
    assert.match(last.type, /^response\.(completed|incomplete)$/)
    const numbers = frames.map(({ data }) => JSON.parse(data).sequence_number)
    assert.deepStrictEqual(numbers, [...numbers.keys()], "sequence numbers rise one by one")
    assert.deepStrictEqual(
      frames.map(({ event }) => event),
      frames.map(({ data }) => JSON.parse(data).type)
    )
    return responsesView(last.response)
  }
  const decoder = providerCodecs[client].makeStreamDecoder(contextOf(true))
  const events: Array<StreamEvent> = []
  for (const { data } of frames) decoder.push(data, (event) => events.push(event))
  if (events.at(-1)?.type !== "end") decoder.end((event) => events.push(event))
  return comparable(accumulate(events))
}

/** What is the same in both forms of a Responses answer: all but IDs and times. */
const responsesView = (response: Record<string, unknown>): unknown =>
  JSON.parse(
    JSON.stringify(
      { output: response["output"], status: response["status"], usage: response["usage"] },
      (key, value: unknown) => (key === "id" ? undefined : value)
    )
  )

/** What a passage gives for these pieces of a stream that then ends. */
const passed = (passage: StreamPassage, ...pieces: ReadonlyArray<Buffer>): Buffer => {
  const out = pieces.flatMap((piece) => passage.push(piece) ?? [])
  return Buffer.concat([...out, passage.end() ?? Buffer.alloc(0)])
}

const withoutUsage = (answer: unknown): unknown => ({ ...(answer as object), usage: undefined })

const cutAt = (bytes: Buffer, cuts: ReadonlyArray<number>): ReadonlyArray<Buffer> => {
  const at = cuts.map((n) => n % (bytes.length + 1)).toSorted((a, b) => a - b)
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length))
}

for (const provider of providers) {
  for (const client of clients) {
    if (client === provider) continue
    const reading = (stream: boolean) =>
      translatedReading(providerCodecs[provider], clientCodecs[client], contextOf(stream))

    describe(`an answer of ${provider} for a client of ${client}`, () => {
      for (const [name, answer] of answers(provider)) {
        it(`with ${name} is the same as a stream, wherever its bytes are cut`, () => {
          const read = reading(false).whole(wireOf(provider, answer), false, redactNothing)
          if ("fault" in read) assert.fail(JSON.stringify(read.fault))
          const whole = readWhole(client, read.body)
          const bytes = streamOf(provider, answer)
          fc.assert(
            fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
              const passage = reading(true).stream()
              const out = passed(passage, ...cutAt(bytes, cuts))
              assert.strictEqual(passage.fault(), undefined)
              assert.deepStrictEqual(readStream(client, out), whole)
            }),
            { numRuns: 40 }
          )
        })
      }

      it("that is not streamed although it should be becomes a stream all the same", () => {
        for (const [, answer] of answers(provider)) {
          const whole = reading(false).whole(wireOf(provider, answer), false, redactNothing)
          const streamed = reading(true).whole(wireOf(provider, answer), true, redactNothing)
          if ("fault" in whole || "fault" in streamed) assert.fail("the answer was not understood")
          assert.strictEqual(streamed.kind, "stream")
          assert.deepStrictEqual(readStream(client, streamed.body), readWhole(client, whole.body))
        }
      })

      it("that is cut anywhere is never taken for a whole one, and gives nothing before it says something", () => {
        const [, answer] = answers(provider).at(-1) ?? assert.fail("no such answer")
        const bytes = streamOf(provider, answer)
        const whole = withoutUsage(readStream(client, passed(reading(true).stream(), bytes)))
        for (let end = 0; end < bytes.length; end += 7) {
          const passage = reading(true).stream()
          const out = passed(passage, bytes.subarray(0, end))
          const fault = passage.fault()
          // OpenAI's usage comes after the model's last word, and an answer without it is whole.
          if (fault === undefined) {
            assert.deepStrictEqual(withoutUsage(readStream(client, out)), whole, `cut at ${end} of ${bytes.length}`)
          } else assert.oneOf(fault.kind, ["cut", "empty"], `cut at ${end}`)
        }
      })
    })
  }
}
