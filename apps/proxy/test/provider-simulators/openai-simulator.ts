import { Result } from "effect"

import { chatCompletion, chatEvents, type OpenAIDialect, openAIError } from "./openai/openai-answer.ts"
import { ChatBody, EmbeddingsBody } from "./openai/openai-body.ts"
import { chatViolations } from "./openai/openai-rules.ts"
import { viewOfChat } from "./openai/openai-view.ts"
import { type AnswerWriter, playScenario } from "./play-scenario.ts"
import { scenarioOf, type Scenarios } from "./scenario.ts"
import type { SeededRandom } from "./seeded-random.ts"
import { type ReceivedRequest, type SimulatedAnswer, type SimulatorOptions, startSimulator } from "./simulator.ts"
import { bracketed, isUnknownField, readStrictly, type Violation } from "./violation.ts"

const MODEL_FAMILIES = ["gpt-4.1-simulated", "gpt-5.2-simulated", "reasoner-simulated"] as const

/** Models of this family behave like those of providers that took over OpenAI's API: they show their thoughts. */
const isCompatible = (model: string): boolean => model.startsWith("reasoner-")

const reject = ({ path, message, status = 400 }: Violation): SimulatedAnswer => {
  const name = bracketed(path)
  const unknown = isUnknownField({ path, message })
  const said = unknown ? `Unknown parameter: '${name}'.` : path.length === 0 ? message : `Invalid '${name}': ${message}`
  return { kind: "rejected", status, body: openAIError({ status, message: said }, name || null, unknown) }
}

const rejectFirst = (violations: ReadonlyArray<Violation>): SimulatedAnswer =>
  reject(violations[0] ?? { path: [], message: "We could not parse the JSON body of your request." })

const chat = (scenarios: Scenarios, { body }: ReceivedRequest, random: SeededRandom): SimulatedAnswer => {
  const read = readChat(body)
  if (Result.isFailure(read)) return rejectFirst(read.failure)
  const { model } = read.success
  const broken = chatViolations(read.success, isCompatible(model))
  if (broken.length > 0) return rejectFirst(broken)
  const scenario = scenarioOf(scenarios, model)
  if (scenario === undefined) {
    return reject({
      path: [],
      status: 404,
      message: `The model \`${model}\` does not exist or you do not have access to it.`
    })
  }
  const dialect: OpenAIDialect = {
    showsReasoning: isCompatible(model),
    streamUsage: read.success.stream_options?.include_usage === true
  }
  const writer: AnswerWriter = {
    whole: (answer, view) => chatCompletion(answer, view, dialect),
    streamType: "text/event-stream; charset=utf-8",
    events: (answer, view, cuts) => chatEvents(answer, view, dialect, cuts),
    errorBody: (error) => openAIError(error),
    errorEvent: (error) => `data: ${JSON.stringify(openAIError(error))}\n\n`
  }
  return playScenario(scenario, viewOfChat(read.success), writer, random)
}

const readChat = readStrictly(ChatBody)
const readEmbeddings = readStrictly(EmbeddingsBody)

const embeddings = ({ body }: ReceivedRequest): SimulatedAnswer => {
  const read = readEmbeddings(body)
  if (Result.isFailure(read)) return rejectFirst(read.failure)
  const { input, model } = read.success
  const inputs = typeof input === "string" ? [input] : input
  return {
    kind: "whole",
    status: 200,
    body: {
      object: "list",
      data: inputs.map((_, index) => ({ object: "embedding", index, embedding: [0.25, -0.5, index] })),
      model,
      usage: { prompt_tokens: 7, total_tokens: 7 }
    }
  }
}

const modelList = {
  object: "list",
  data: MODEL_FAMILIES.map((id) => ({ id, object: "model", created: 1_760_000_000, owned_by: "simulator" }))
}

/**
 * A server that takes and refuses what OpenAI's API does: `/v1/chat/completions`, `/v1/embeddings`, `/v1/models`.
 * Models named `reasoner-*` show and take `reasoning_content`, as compatible providers do.
 */
export const startOpenAISimulator = (scenarios: Scenarios, options: SimulatorOptions) =>
  startSimulator((request, random) => {
    if (request.headers.authorization !== `Bearer ${options.apiKey}`) {
      return reject({ path: [], status: 401, message: "Incorrect API key provided." })
    }
    switch (`${request.method} ${request.path}`) {
      case "POST /v1/chat/completions":
        return chat(scenarios, request, random)
      case "POST /v1/embeddings":
        return embeddings(request)
      case "GET /v1/models":
        return { kind: "whole", status: 200, body: modelList }
      default:
        return reject({ path: [], status: 404, message: `Invalid URL (${request.method} ${request.path})` })
    }
  }, options)
