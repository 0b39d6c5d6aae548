import { Result } from "effect"

import { countedTokens } from "./counted-tokens.ts"
import { geminiChunks, geminiError, geminiResponse } from "./gemini/gemini-answer.ts"
import { CountBody, GenerateBody } from "./gemini/gemini-body.ts"
import { withJsonNames } from "./gemini/gemini-names.ts"
import { generateViolations } from "./gemini/gemini-rules.ts"
import { viewOfGenerate } from "./gemini/gemini-view.ts"
import { type AnswerWriter, playScenario } from "./play-scenario.ts"
import { scenarioOf, type Scenarios } from "./scenario.ts"
import type { SeededRandom } from "./seeded-random.ts"
import { type ReceivedRequest, type SimulatedAnswer, type SimulatorOptions, startSimulator } from "./simulator.ts"
import { bracketed, isUnknownField, readStrictly, type Violation } from "./violation.ts"

const MODELS = ["gemini-2.5-flash-simulated", "gemini-3-pro-simulated"] as const

const reject = ({ path, message, status = 400 }: Violation): SimulatedAnswer => {
  const place = bracketed(isUnknownField({ path, message }) ? path.slice(0, -1) : path)
  const said = isUnknownField({ path, message })
    ? `Invalid JSON payload received. Unknown name "${path.at(-1)}"${place === "" ? "" : ` at '${place}'`}: Cannot find field.`
    : place === ""
      ? message
      : `* GenerateContentRequest.${place}: ${message}\n`
  const details =
    path.length === 0
      ? []
      : [
          {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            fieldViolations: [{ field: place, description: said }]
          }
        ]
  return { kind: "rejected", status, body: geminiError({ status, message: said }, details) }
}

const rejectFirst = (violations: ReadonlyArray<Violation>): SimulatedAnswer =>
  reject(violations[0] ?? { path: [], message: "Invalid JSON payload received." })

/** With `alt=sse` a stream is server-sent events; without, it is one JSON array that grows. */
const writerFor = (sse: boolean): AnswerWriter => ({
  whole: geminiResponse,
  streamType: sse ? "text/event-stream" : "application/json; charset=UTF-8",
  events: (answer, view, random) => {
    const chunks = geminiChunks(answer, view, random)
    if (sse) return chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`)
    return [...chunks.map((chunk, at) => `${at === 0 ? "[" : ",\r\n"}${JSON.stringify(chunk, null, 2)}`), "]"]
  },
  errorBody: (error) => geminiError(error),
  errorEvent: (error) =>
    sse ? `data: ${JSON.stringify(geminiError(error))}\r\n\r\n` : `,\r\n${JSON.stringify(geminiError(error))}]`
})

const readGenerate = (body: unknown) => readStrictly(GenerateBody)(withJsonNames(body))
const readCount = (body: unknown) => readStrictly(CountBody)(withJsonNames(body))

const generate = (
  scenarios: Scenarios,
  model: string,
  stream: boolean,
  { body, query }: ReceivedRequest,
  random: SeededRandom
): SimulatedAnswer => {
  const read = readGenerate(body)
  if (Result.isFailure(read)) return rejectFirst(read.failure)
  const broken = generateViolations(read.success, model)
  if (broken.length > 0) return rejectFirst(broken)
  const scenario = scenarioOf(scenarios, model)
  if (scenario === undefined) {
    return reject({ path: [], status: 404, message: `models/${model} is not found for API version v1beta.` })
  }
  const view = viewOfGenerate(read.success, model, stream)
  return playScenario(scenario, view, writerFor(query.get("alt") === "sse"), random)
}

const countTokens = (model: string, { body }: ReceivedRequest): SimulatedAnswer => {
  const read = readCount(body)
  if (Result.isFailure(read)) return rejectFirst(read.failure)
  const { contents, generateContentRequest: request } = read.success
  if (request !== undefined && request.model !== `models/${model}`) {
    return reject({ path: ["generate_content_request", "model"], message: `expected models/${model}` })
  }
  const broken = generateViolations(request ?? { contents: contents ?? [] }, model)
  if (broken.length > 0) return rejectFirst(broken)
  const totalTokens = countedTokens(body)
  return {
    kind: "whole",
    status: 200,
    body: { totalTokens, promptTokensDetails: [{ modality: "TEXT", tokenCount: totalTokens }] }
  }
}

const modelList = {
  models: MODELS.map((id) => ({
    name: `models/${id}`,
    version: "001",
    displayName: id,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ["generateContent", "countTokens"]
  }))
}

/**
 * A server that takes and refuses what Gemini's API does: `:generateContent`, `:streamGenerateContent`, `:countTokens`
 * and the list of models under `/v1beta/models`, and under `/v1/models` as Google's SDK has it from 3 on. Models named `gemini-3*` insist on thought signatures.
 */
export const startGeminiSimulator = (scenarios: Scenarios, options: SimulatorOptions) =>
  startSimulator((request, random) => {
    const key = request.headers["x-goog-api-key"] ?? request.query.get("key") ?? undefined
    if (key === undefined) {
      return reject({
        path: [],
        status: 403,
        message: "Method doesn't allow unregistered callers (callers without established identity)."
      })
    }
    if (key !== options.apiKey) return reject({ path: [], message: "API key not valid. Please pass a valid API key." })
    if (request.method === "GET" && /^\/v1(beta)?\/models$/.test(request.path)) {
      return { kind: "whole", status: 200, body: modelList }
    }
    const [, model = "", action] = /^\/v1(?:beta)?\/models\/([^/:]+):(\w+)$/.exec(request.path) ?? []
    if (request.method === "POST" && (action === "generateContent" || action === "streamGenerateContent")) {
      return generate(scenarios, model, action === "streamGenerateContent", request, random)
    }
    if (request.method === "POST" && action === "countTokens") return countTokens(model, request)
    return reject({ path: [], status: 404, message: "Not Found" })
  }, options)
