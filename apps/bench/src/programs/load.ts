/** Sends chat requests, each connection one after the other, and checks every answer. */
import { setTimeout as sleep } from "node:timers/promises"

import { Client, type Dispatcher } from "undici"

import type { RequestNeeds } from "../server-process.ts"
import type { Sample } from "../sample.ts"
import { quantile } from "../statistics.ts"
import { type ClientProtocol, clientRequest } from "../client-requests.ts"
import {
  type AnswerKind,
  clientKey,
  clockMicros,
  eventsPerStream,
  eventWord,
  wholeAnswer
} from "../upstream-answers.ts"
import { answerJobs } from "./answer-jobs.ts"

/** One run against one server. */
export interface LoadJob extends RequestNeeds {
  readonly origin: string
  readonly kind: AnswerKind
  /** Connections, each with one request at a time. */
  readonly connections: number
  readonly runMs: number
  readonly maxRequests: number
  /** Milliseconds between the first requests of two connections; 0, the default, starts all at once. */
  readonly startEveryMs?: number
  /** Protocol of the clients; left out for `openai`. */
  readonly client?: ClientProtocol
  /** Model that is asked for, when it is not called as the kind of answer is. */
  readonly model?: string
  /** Bytes of a request's body, about; left out for a small one. */
  readonly bodyBytes?: number
}

/** What a run gave. */
export interface LoadAnswer {
  readonly requests: number
  /** Frames of streams that are missing; all frames of a stream whose order was wrong. */
  readonly lost: number
  readonly sample: Sample
}

const newline = 0x0a
const frameEnd = Buffer.from("\n\n")

/** Counts the frames of a stream and reads when each was sent. */
const watchFrames = (lags: Array<number> | undefined) => {
  let frames = 0
  let inOrder = true
  let halfEnd = false
  let rest = ""
  return {
    see: (chunk: Buffer) => {
      if (lags === undefined) {
        // Counting is enough, and cheap. A frame's end may be cut in two.
        if (halfEnd && chunk[0] === newline) frames++
        for (let at = chunk.indexOf(frameEnd); at !== -1; at = chunk.indexOf(frameEnd, at + 2)) frames++
        halfEnd = chunk.at(-1) === newline && chunk.at(-2) !== newline && !(halfEnd && chunk.length === 1)
        return
      }
      const received = clockMicros()
      const parts = (rest + chunk.toString("latin1")).split("\n\n")
      rest = parts.pop() ?? ""
      for (const part of parts) {
        const sent = /"index_sent":(\d+),"micros_sent":(\d+)/.exec(part)
        if (sent !== null) {
          if (Number(sent[1]) !== frames) inOrder = false
          lags.push(received - Number(sent[2]))
        }
        frames++
      }
    },
    /** Frames that are missing, the closing one included; all of them when the order is wrong. */
    lost: () => (inOrder ? eventsPerStream + 1 - frames : eventsPerStream + 1)
  }
}

/**
 * Counts the words of a stream in whichever protocol it is: at least one for each event of the upstream's. More where a
 * protocol tells the whole text once more at its end.
 */
const watchWords = () => {
  let words = 0
  let rest = ""
  return {
    see: (chunk: Buffer) => {
      const parts = (rest + chunk.toString("latin1")).split(eventWord)
      rest = (parts.pop() ?? "").slice(1 - eventWord.length)
      words += parts.length
    },
    lost: () => Math.max(0, eventsPerStream - words)
  }
}

interface Records {
  readonly latencies: Array<number>
  readonly firsts: Array<number>
  readonly lags: Array<number> | undefined
  lost: number
}

/** What is sent again and again. */
interface LoadRequest {
  readonly path: string
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
  /** Whether the answer may come in another protocol than the upstream gave it. */
  readonly translated: boolean
}

const requestOf = ({ bodyBytes, client = "openai", headers, kind, model, modelPrefix = "" }: LoadJob): LoadRequest => ({
  ...clientRequest(client, `${modelPrefix}${model ?? kind}`, kind !== "whole", bodyBytes),
  headers: { "content-type": "application/json", authorization: `Bearer ${clientKey}`, ...headers },
  translated: client !== "openai" || model !== undefined
})

/** The connection broke before an answer began. */
class NoAnswer extends Error {}

/** Sends one request and settles when its answer has ended. */
const exchange = (client: Client, kind: AnswerKind, request: LoadRequest, records: Records): Promise<void> =>
  new Promise((resolve, reject) => {
    const { body, headers, path, translated } = request
    const frames = kind === "whole" ? undefined : translated ? watchWords() : watchFrames(records.lags)
    const start = clockMicros()
    let status = 0
    let size = 0
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => {},
      onResponseStart: (_, code) => {
        status = code
      },
      onResponseData: (_, chunk) => {
        if (size === 0) records.firsts.push(clockMicros() - start)
        size += chunk.length
        frames?.see(chunk)
      },
      onResponseEnd: () => {
        records.latencies.push(clockMicros() - start)
        if (status !== 200) return reject(new Error(`status ${status} of a ${kind} answer`))
        if (frames !== undefined) records.lost += frames.lost()
        else if (size !== wholeAnswer.length) return reject(new Error(`${size} bytes of ${wholeAnswer.length}`))
        resolve()
      },
      onResponseError: (_, error) => reject(status === 0 ? new NoAnswer(error.message) : error)
    }
    client.dispatch({ method: "POST", path, headers: { ...headers }, body }, handler)
  })

const clientsOf = new Map<string, Array<Client>>()

/** Connections are kept from run to run: opening them is not what is measured. */
const clients = (origin: string, count: number): ReadonlyArray<Client> => {
  const known = clientsOf.get(origin) ?? []
  clientsOf.set(origin, known)
  while (known.length < count) known.push(new Client(origin, { pipelining: 1, keepAliveTimeout: 60_000 }))
  return known.slice(0, count)
}

answerJobs(async (job: LoadJob): Promise<LoadAnswer> => {
  const { origin, kind, connections, runMs, maxRequests, startEveryMs = 0 } = job
  const request = requestOf(job)
  const records: Records = { latencies: [], firsts: [], lags: kind === "paced" ? [] : undefined, lost: 0 }
  let begun = 0
  const start = performance.now()
  const goesOn = () => begun < maxRequests && (begun < connections || performance.now() - start < runMs)
  await Promise.all(
    clients(origin, connections).map(async (client, index) => {
      if (startEveryMs > 0) await sleep(index * startEveryMs)
      let idleBefore = true
      while (goesOn()) {
        begun++
        // oxlint-disable-next-line no-await-in-loop -- a closed loop: the next request waits for the last answer
        await exchange(client, kind, request, records).catch((error: unknown) => {
          // Nobody had used the connection since the last run, and its server may have closed it at this very moment.
          if (!idleBefore || !(error instanceof NoAnswer)) throw error
          return exchange(client, kind, request, records)
        })
        idleBefore = false
      }
    })
  )
  const elapsedMs = performance.now() - start
  const { latencies, firsts, lags, lost } = records
  const sample: Sample = {
    ...(lags === undefined
      ? { p50Micros: quantile(latencies, 0.5), p99Micros: quantile(latencies, 0.99) }
      : { lagP50Micros: quantile(lags, 0.5), lagP99Micros: quantile(lags, 0.99) }),
    ...(kind === "whole" ? {} : { firstP50Micros: quantile(firsts, 0.5), firstP99Micros: quantile(firsts, 0.99) }),
    perSecond: (latencies.length / elapsedMs) * 1000
  }
  return { requests: latencies.length, lost, sample }
})
