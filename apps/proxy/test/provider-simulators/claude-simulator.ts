import { Result } from "effect"

import { claudeError, claudeEvents, claudeMessage } from "./claude/claude-answer.ts"
import { CountTokensBody, MessagesBody } from "./claude/claude-body.ts"
import { messagesViolations, fieldsRuledOut } from "./claude/claude-rules.ts"
import { viewOfMessages } from "./claude/claude-view.ts"
import { countedTokens } from "./counted-tokens.ts"
import { type AnswerWriter, playScenario } from "./play-scenario.ts"
import { scenarioOf, type Scenarios } from "./scenario.ts"
import type { SeededRandom } from "./seeded-random.ts"
import { type ReceivedRequest, type SimulatedAnswer, type SimulatorOptions, startSimulator } from "./simulator.ts"
import { dotted, isUnknownField, readStrictly, type Violation } from "./violation.ts"

const MODELS = ["claude-sonnet-4-5-simulated", "claude-opus-4-7-simulated"] as const

const reject = ({ path, message, status = 400 }: Violation): SimulatedAnswer => {
  const said = isUnknownField({ path, message }) ? "Extra inputs are not permitted" : message
  return {
    kind: "rejected",
    status,
    body: claudeError({ status, message: path.length === 0 ? said : `${dotted(path)}: ${said}` })
  }
}

const rejectFirst = (violations: ReadonlyArray<Violation>): SimulatedAnswer =>
  reject(violations[0] ?? { path: [], message: "The request body is not valid JSON" })

const writer: AnswerWriter = {
  whole: claudeMessage,
  streamType: "text/event-stream; charset=utf-8",
  events: claudeEvents,
  errorBody: claudeError,
  errorEvent: (error) => `event: error\ndata: ${JSON.stringify(claudeError(error))}\n\n`
}

const readMessages = readStrictly(MessagesBody)
const readCount = readStrictly(CountTokensBody)

const betaOf = (headers: ReceivedRequest["headers"]): string | undefined => {
  const given = headers["anthropic-beta"]
  return Array.isArray(given) ? given.join(",") : given
}

const noSuchModel = (model: string): SimulatedAnswer => reject({ path: [], status: 404, message: `model: ${model}` })

const messages = (scenarios: Scenarios, { body, headers }: ReceivedRequest, random: SeededRandom): SimulatedAnswer => {
  const read = readMessages(body)
  if (Result.isFailure(read)) return rejectFirst(read.failure)
  const broken = [
    ...fieldsRuledOut(read.success, headers["anthropic-version"], betaOf(headers)),
    ...messagesViolations(read.success)
  ]
  if (broken.length > 0) return rejectFirst(broken)
  const scenario = scenarioOf(scenarios, read.success.model)
  if (scenario === undefined) return noSuchModel(read.success.model)
  return playScenario(scenario, viewOfMessages(read.success), writer, random)
}

const countTokens = ({ body }: ReceivedRequest): SimulatedAnswer => {
  const read = readCount(body)
  if (Result.isFailure(read)) return rejectFirst(read.failure)
  const broken = messagesViolations(read.success)
  if (broken.length > 0) return rejectFirst(broken)
  return { kind: "whole", status: 200, body: { input_tokens: countedTokens(body) } }
}

const modelList = {
  data: MODELS.map((id) => ({ type: "model", id, display_name: id, created_at: "2026-01-01T00:00:00Z" })),
  has_more: false,
  first_id: MODELS[0],
  last_id: MODELS[0]
}

/** A server that takes and refuses what Claude's API does: `/v1/messages`, `/v1/messages/count_tokens`, `/v1/models`. */
export const startClaudeSimulator = (scenarios: Scenarios, options: SimulatorOptions) =>
  startSimulator((request, random) => {
    const { headers } = request
    // The SDK sends the key as a bearer token from version 1 on; older clients have a header of their own.
    const key = headers["x-api-key"] ?? headers.authorization?.replace(/^Bearer /, "")
    if (key === undefined) return reject({ path: [], status: 401, message: "x-api-key header is required" })
    if (key !== options.apiKey) return reject({ path: [], status: 401, message: "invalid x-api-key" })
    const version = headers["anthropic-version"]
    if (version !== "2023-06-01" && version !== "2026-10-21") {
      return reject({ path: [], message: "anthropic-version: header is required" })
    }
    switch (`${request.method} ${request.path}`) {
      case "POST /v1/messages":
        return messages(scenarios, request, random)
      case "POST /v1/messages/count_tokens":
        return countTokens(request)
      case "GET /v1/models":
        return { kind: "whole", status: 200, body: modelList }
      default:
        return reject({ path: [], status: 404, message: "Not Found" })
    }
  }, options)
