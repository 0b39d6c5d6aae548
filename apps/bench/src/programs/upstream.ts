/** A provider on loopback that answers at once. Any job is answered with its port. */
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

import {
  type AnswerKind,
  claudeFrame,
  claudeHead,
  claudeTail,
  eventFrame,
  eventsPerStream,
  geminiFrame,
  geminiTail,
  lastFrame,
  paceMs,
  wholeAnswer
} from "../upstream-answers.ts"
import { answerJobs } from "./answer-jobs.ts"

/** How a stream begins and ends in a protocol, and what stands between. */
interface StreamFrames {
  readonly head?: string
  readonly event: (index: number) => string
  readonly tail: string
}

const openaiStream: StreamFrames = { event: eventFrame, tail: lastFrame }
const claudeStream: StreamFrames = { head: claudeHead, event: () => claudeFrame, tail: claudeTail }
const geminiStream: StreamFrames = { event: () => geminiFrame, tail: geminiTail }

const sendEvents = (response: ServerResponse, kind: AnswerKind, { head, event, tail }: StreamFrames) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  if (head !== undefined) response.write(head)
  let index = 0
  const sendNext = () => {
    if (response.destroyed) return
    if (index === eventsPerStream) {
      response.end(tail)
      return
    }
    response.write(event(index))
    index++
    // One event in a turn of the loop: written together, they would leave in one packet, which no model's do.
    if (kind === "burst") setImmediate(sendNext)
    else setTimeout(sendNext, paceMs)
  }
  sendNext()
}

const modelStart = '"model":"'

/** The model that a body asks for, without parsing it: with large bodies that would be most of what is measured. */
const modelOf = (body: Buffer): AnswerKind => {
  const start = body.indexOf(modelStart) + modelStart.length
  return body.toString("latin1", start, body.indexOf('"', start)) as AnswerKind
}

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    if (request.url?.includes(":streamGenerateContent") === true) return sendEvents(response, "burst", geminiStream)
    const model = modelOf(Buffer.concat(chunks))
    if (model !== "whole") {
      sendEvents(response, model, request.url === "/v1/messages" ? claudeStream : openaiStream)
      return
    }
    response.writeHead(200, { "content-type": "application/json", "content-length": wholeAnswer.length })
    response.end(wholeAnswer)
  })
})
server.keepAliveTimeout = 60_000
const listening = new Promise<number>((resolve) => {
  server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port))
})

answerJobs(() => listening)
