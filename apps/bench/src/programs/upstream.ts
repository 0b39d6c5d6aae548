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
  lastFrame,
  paceMs,
  wholeAnswer
} from "../upstream-answers.ts"
import { answerJobs } from "./answer-jobs.ts"

const sendEvents = (response: ServerResponse, kind: AnswerKind, claude: boolean) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  if (claude) response.write(claudeHead)
  let index = 0
  const sendNext = () => {
    if (response.destroyed) return
    if (index === eventsPerStream) {
      response.end(claude ? claudeTail : lastFrame)
      return
    }
    response.write(claude ? claudeFrame : eventFrame(index))
    index++
    // One event in a turn of the loop: written together, they would leave in one packet, which no model's do.
    if (kind === "burst") setImmediate(sendNext)
    else setTimeout(sendNext, paceMs)
  }
  sendNext()
}

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const { model } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly model: AnswerKind }
    if (model !== "whole") {
      sendEvents(response, model, request.url === "/v1/messages")
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
