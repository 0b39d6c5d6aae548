import {
  clientCodecs,
  EMPTY_REQUEST,
  makeTranslationContext,
  openTranslation,
  type ProtocolName,
  type ProviderProtocol,
  providerCodecs,
  translatedPassage
} from "@cliproxy/pipeline"
import { Effect, Result } from "effect"

import { type Bench, BenchFailed, type BenchSettings, type Mark, markOf } from "./bench.ts"
import { type Comparison, compareWithFirst, runRounds } from "./paired-rounds.ts"
import type { Sample } from "./sample.ts"
import { type CodingRequest, codingRequests } from "./translation/coding-request.ts"
import { streamChunks } from "./translation/stream-bytes.ts"

const bodyBytes = [300_000, 1_900_000] as const
const streamEvents = 2_000

const clients = Object.keys(clientCodecs).filter((name): name is ProtocolName => name in clientCodecs)
const providers = Object.keys(providerCodecs).filter((name): name is ProviderProtocol => name in providerCodecs)

const plain = "JSON.parse and JSON.stringify"

/** Repeats `work` for as long as a run lasts, and gives the milliseconds of one time. */
const timed = ({ runMs, maxOperations }: BenchSettings, work: () => number): number => {
  let times = 0
  let bytes = 0
  const start = performance.now()
  let end = start
  while (times < maxOperations && end - start < runMs / 4) {
    bytes += work()
    times++
    end = performance.now()
  }
  if (bytes === 0) throw new Error("nothing was written")
  return (end - start) / times
}

const bodySample = (milliseconds: number, bytes: number): Sample => ({
  microsPerBody: milliseconds * 1000,
  megabytesPerSecond: bytes / 1e6 / (milliseconds / 1000)
})

const eventSample = (milliseconds: number): Sample => ({ microsPerEvent: (milliseconds * 1000) / streamEvents })

/** A body from its bytes to the provider's, as the gateway does it: one parse, one serialisation. */
const translateBody = ({ protocol, body }: CodingRequest, provider: ProviderProtocol): number => {
  const json: Record<string, unknown> = JSON.parse(body.toString())
  const decoded = clientCodecs[protocol].decodeRequest(json, { model: "bench", stream: true })
  if (Result.isFailure(decoded)) throw new Error(decoded.failure.message)
  const order = { request: decoded.success, provider: providerCodecs[provider], upstreamModel: "bench", now: 0 }
  return openTranslation(order).body.length
}

const copyBody = (body: Buffer): number => Buffer.from(JSON.stringify(JSON.parse(body.toString()))).length

const translateStream = (chunks: ReadonlyArray<Buffer>, client: ProtocolName, provider: ProviderProtocol): number => {
  const context = makeTranslationContext(EMPTY_REQUEST, "bench", 0)
  const passage = translatedPassage(
    providerCodecs[provider].makeStreamDecoder(context),
    clientCodecs[client].makeStreamEncoder(context)
  )
  let bytes = 0
  for (const chunk of chunks) bytes += passage.push(chunk)?.length ?? 0
  bytes += passage.end()?.length ?? 0
  const fault = passage.fault()
  if (fault !== undefined) throw new Error(`the stream of ${provider} was not understood: ${fault.kind}`)
  return bytes
}

/** Every event parsed and serialised, without looking at what is in it. */
const copyStream = (chunks: ReadonlyArray<Buffer>): number => {
  let bytes = 0
  for (const chunk of chunks) {
    const text = chunk.toString()
    const start = text.startsWith("data: ") ? 6 : text.indexOf("\ndata: ") + 7
    const data = text.slice(start, -2)
    bytes += data === "[DONE]" ? chunk.length : Buffer.from(`data: ${JSON.stringify(JSON.parse(data))}\n\n`).length
  }
  return bytes
}

/** What the translation of requests and streams costs, for every pair of different protocols. */
export const translateBench: Bench = {
  name: "translate",
  about: "a coding agent's request and a stream of 2,000 events, from each protocol to each other",
  run: Effect.fnUntraced(function* (settings) {
    const comparisons: Array<Comparison> = []
    const marks: Array<Mark> = []
    const measure = (subject: string, copy: () => Sample, translate: ReadonlyArray<readonly [string, () => Sample]>) =>
      Effect.gen(function* () {
        const variants = [[plain, copy] as const, ...translate].map(([name, work]) => ({
          name,
          run: Effect.try({ try: work, catch: (error) => new BenchFailed({ message: `${subject}: ${String(error)}` }) })
        }))
        const found = compareWithFirst(subject, yield* runRounds(variants, settings.rounds))
        comparisons.push(...found)
        return found
      })

    for (const bytes of bodyBytes) {
      for (const request of codingRequests(bytes)) {
        const { body, protocol } = request
        const subject = `a request in ${protocol} of ${Math.round(body.length / 1000)} KB`
        const found = yield* measure(
          subject,
          () =>
            bodySample(
              timed(settings, () => copyBody(body)),
              body.length
            ),
          providers
            .filter((provider) => provider !== protocol)
            .map((provider) => [
              `to ${provider}`,
              () =>
                bodySample(
                  timed(settings, () => translateBody(request, provider)),
                  body.length
                )
            ])
        )
        marks.push(...found.map((one) => markOf(`${subject} ${one.contender}`, 2, one, "microsPerBody")))
      }
    }
    for (const provider of providers) {
      const chunks = streamChunks(provider, streamEvents, makeTranslationContext(EMPTY_REQUEST, "bench", 0))
      const subject = `a stream of ${provider}`
      const found = yield* measure(
        subject,
        () => eventSample(timed(settings, () => copyStream(chunks))),
        clients
          .filter((client) => client !== provider)
          .map((client) => [
            `to ${client}`,
            () => eventSample(timed(settings, () => translateStream(chunks, client, provider)))
          ])
      )
      marks.push(...found.map((one) => markOf(`${subject} ${one.contender}`, 2, one, "microsPerEvent")))
    }
    return { comparisons, marks }
  })
}
