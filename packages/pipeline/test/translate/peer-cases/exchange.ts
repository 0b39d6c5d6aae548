import { Result } from "effect"

import type { ProtocolName } from "../../../src/canonical/extensions.ts"
import type { JsonObject } from "../../../src/canonical/json.ts"
import type { TranslationContext } from "../../../src/codecs/codec.ts"
import type { ProviderProtocol } from "../../../src/provider/provider-protocol.ts"
import { readSseEvents } from "../../../src/wire/sse-events.ts"
import { translatedReading } from "../../../src/translate/answer-reading.ts"
import { clientCodecs, providerCodecs } from "../../../src/translate/codecs.ts"
import { openTranslation } from "../../../src/translate/open-translation.ts"
import type { StreamFault } from "../../../src/translate/stream-passage.ts"
import { EMPTY_REQUEST, makeTranslationContext } from "../../../src/translate/translation-context.ts"

const redactNothing = (text: string): string => text

/** JSON of which a test looks at the parts that it is about. */
// oxlint-disable-next-line typescript/no-explicit-any -- Wire JSON, walked by tests.
export type Wire = any

/** 2023-11-14, in Unix milliseconds. */
const NOW = 1_700_000_000_000

/** Who talks to whom, and about which model. */
export interface Pair {
  readonly client: ProtocolName
  readonly provider: ProviderProtocol
  /** As the provider knows it. */
  readonly model: string
}

const numbered = (context: TranslationContext): TranslationContext => {
  let ids = 0
  return { ...context, newId: () => `id${++ids}`.padEnd(24, "0") }
}

const open = ({ client, provider, model }: Pair, body: JsonObject, stream: boolean) =>
  Result.map(clientCodecs[client].decodeRequest(body, { model, stream }), (request) =>
    openTranslation({ request, provider: providerCodecs[provider], upstreamModel: model, now: NOW })
  )

/** What the provider is sent for a client's request. Fails the test when the request is refused. */
export const sent = (pair: Pair, body: JsonObject, stream = false): Wire => {
  const opened = open(pair, body, stream)
  if (Result.isFailure(opened)) throw new Error(`The request was refused: ${opened.failure.message}`)
  return JSON.parse(opened.success.body.toString())
}

/** The words with which a client's request is refused. Fails the test when it is not. */
export const refused = (pair: Pair, body: JsonObject): string => {
  const opened = open(pair, body, false)
  if (Result.isSuccess(opened)) throw new Error(`The request was taken: ${opened.success.body.toString()}`)
  return opened.failure.message
}

/** For reading an answer to `asked`, or to nothing in particular. */
const contextFor = (pair: Pair, stream: boolean, asked: JsonObject | undefined): TranslationContext => {
  if (asked === undefined) {
    const request = { ...EMPTY_REQUEST, model: pair.model, stream, streamUsage: true }
    return numbered(makeTranslationContext(request, pair.model, NOW))
  }
  const opened = open(pair, asked, stream)
  if (Result.isFailure(opened)) throw new Error(`The request was refused: ${opened.failure.message}`)
  return numbered(opened.success.context)
}

/** What the client gets for a provider's whole answer. */
export const answered = (pair: Pair, answer: JsonObject, asked?: JsonObject): Wire => {
  const { client, provider } = pair
  const read = translatedReading(providerCodecs[provider], clientCodecs[client], contextFor(pair, false, asked)).whole(
    Buffer.from(JSON.stringify(answer)),
    false,
    redactNothing
  )
  return "fault" in read ? { fault: read.fault } : JSON.parse(read.body.toString())
}

/** What a client gets of a stream. */
export interface Streamed {
  /** The data of each event, read as JSON but for `[DONE]`. */
  readonly events: ReadonlyArray<Wire>
  /** The name of each event; empty for none. */
  readonly names: ReadonlyArray<string>
  readonly fault: StreamFault | undefined
}

/** What the client gets for bytes that a provider streams, in these pieces. */
export const passed = (pair: Pair, pieces: ReadonlyArray<Uint8Array>, asked?: JsonObject): Streamed => {
  const { client, provider } = pair
  const context = contextFor(pair, true, asked)
  const passage = translatedReading(providerCodecs[provider], clientCodecs[client], context).stream()
  const out = pieces.flatMap((piece) => passage.push(Buffer.from(piece)) ?? [])
  const frames = readSseEvents().push(Buffer.concat([...out, passage.end() ?? Buffer.alloc(0)]))
  return {
    events: frames.map(({ data }) => (data === "[DONE]" ? data : JSON.parse(data))),
    names: frames.map(({ event }) => event),
    fault: passage.fault()
  }
}

/** The same for events, each given as JSON, or as its text. Claude's get their names. */
export const streamed = (pair: Pair, events: ReadonlyArray<JsonObject | string>, asked?: JsonObject): Streamed =>
  passed(pair, [Buffer.from(events.map((event) => frameOf(pair.provider, event)).join(""))], asked)

const frameOf = (provider: ProviderProtocol, event: JsonObject | string): string => {
  const data = typeof event === "string" ? event : JSON.stringify(event)
  const name = provider === "claude" && typeof event !== "string" ? `event: ${String(event["type"])}\n` : ""
  return `${name}data: ${data}\n\n`
}
