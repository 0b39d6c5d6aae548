import { assert } from "@effect/vitest"

import { tokensOf } from "../provider-simulators/answer-tokens.ts"
import type { ConversationView } from "../provider-simulators/conversation-view.ts"
import type { AnswerUsage } from "../provider-simulators/scenario.ts"
import type { Failure, SessionOptions, Turn, TurnUsage } from "./client.ts"
import { expectedTurns, playConversation, SYSTEM, TOOLS } from "./conversation.ts"
import type { Pair } from "./pair.ts"
import { BROKEN, LONG_TEXT, RATE_LIMITED, REFUSED, SOURCED } from "./scenarios.ts"

const plainCalls = ({ calls }: { readonly calls: ReadonlyArray<Omit<Turn["calls"][number], "id">> }) =>
  calls.map(({ name, arguments: given }) => ({ name, arguments: given }))

/** Gemini does not tell what was written to a cache, and has no field for it. */
const expectedUsage = ({ client, provider }: Pair, usage: AnswerUsage) => ({
  ...usage,
  cacheWrite: provider === "gemini" || client.hidesCacheWrites === true ? 0 : usage.cacheWrite
})

/** Left out is the same as none, for what a protocol or a provider has no number for. */
const toldUsage = (usage: TurnUsage | undefined) =>
  usage && {
    input: usage.input,
    cacheRead: usage.cacheRead ?? 0,
    cacheWrite: usage.cacheWrite ?? 0,
    output: usage.output,
    reasoning: usage.reasoning ?? 0
  }

/**
 * Which of a provider's models thinks for a client. Claude's clients give a budget, which newer models of Claude's do not
 * take; the others go to the newer models, which do not insist on getting their thoughts back.
 */
const thinkingModel = ({ client, provider }: Pair): "budget" | "adaptive" =>
  provider === "claude" && client.protocol !== "claude" ? "adaptive" : "budget"

/**
 * The whole conversation: texts, calls, arguments, images, results, numbers, reasons. `scenario` names another model than
 * the usual ones; it shows its thoughts unless `hidesThought`.
 */
export const checkConversation = async (
  pair: Pair,
  reasoning: boolean,
  { hidesThought = false, scenario }: { readonly hidesThought?: boolean; readonly scenario?: string } = {}
): Promise<void> => {
  const { client, simulator, stream } = pair
  const before = simulator.rejected.length
  const target = pair.target(scenario ?? (reasoning ? thinkingModel(pair) : "model"))
  const turns = await playConversation(client, target, { stream, reasoning })
  assert.deepStrictEqual(
    simulator.rejected.slice(before).map(({ answer }) => answer),
    []
  )
  const expected = expectedTurns(client.imagesInResults, reasoning)
  assert.deepStrictEqual(
    turns.map((turn) => ({
      text: turn.text,
      reasoning: turn.reasoning,
      calls: plainCalls(turn),
      stop: turn.stop,
      usage: toldUsage(turn.usage)
    })),
    expected.map((turn) => ({
      text: turn.text,
      reasoning: hidesThought ? "" : turn.reasoning,
      calls: plainCalls(turn),
      stop: client.stops[turn.calls.length > 0 ? "tool_calls" : "stop"],
      usage: expectedUsage(pair, turn.usage)
    }))
  )
  const ids = turns.flatMap(({ calls }) => calls.map(({ id }) => id)).filter((id) => id !== "")
  assert.strictEqual(new Set(ids).size, ids.length, "IDs of calls are unique")
}

const ask = (pair: Pair, scenario: string, options: Omit<SessionOptions, "stream"> = {}): Promise<Turn> =>
  pair.client.open(pair.target(scenario), { stream: pair.stream, ...options }).say({ text: "Wie geht's?" })

/**
 * The same conversation, but every turn is another provider's: what one has signed, and the IDs that it gave to calls,
 * must not keep the next one from going on.
 */
export const checkSwitches = async (pairs: ReadonlyArray<Pair>): Promise<void> => {
  const [first] = pairs
  if (first === undefined) return
  const { client, stream } = first
  const models = pairs.map((pair) => pair.target(thinkingModel(pair)).model)
  const turns = await playConversation(client, first.target("model"), { stream, reasoning: true }, models)
  assert.deepStrictEqual(
    turns.map((turn) => ({ text: turn.text, calls: plainCalls(turn) })),
    expectedTurns(client.imagesInResults, true).map((turn) => ({ text: turn.text, calls: plainCalls(turn) }))
  )
}

/** The error of a request that must fail. */
export const errorOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    (turn) => assert.fail(`no error, but ${JSON.stringify(turn)}`),
    (reason: unknown) => reason
  )

/** What the SDK says of a request that must fail. */
const failureOf = async (pair: Pair, asked: Promise<unknown>): Promise<Failure> => {
  const error = await errorOf(asked)
  return pair.client.failure(error) ?? assert.fail(`not an error of the SDK: ${String(error)}`)
}

/** Words for the same errors in the four protocols. */
const WORDS = {
  openai: { 400: "invalid_request_error", 429: "rate_limit_error", 500: "server_error" },
  "openai-response": { 400: "invalid_request_error", 429: "rate_limit_error", 500: "server_error" },
  claude: { 400: "invalid_request_error", 429: "rate_limit_error", 500: "api_error" },
  gemini: { 400: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL" }
} as const

/** A rate limit reaches the client as its protocol has it, with what the provider said and when to come again. */
export const checkRateLimit = async (pair: Pair): Promise<void> => {
  const failure = await failureOf(pair, ask(pair, "rate-limited"))
  assert.strictEqual(failure.status, 429)
  assert.include(failure.message, RATE_LIMITED.message)
  // OpenAI's own word for it names what there was too much of.
  if (failure.type !== "requests") assert.strictEqual(failure.type, WORDS[pair.client.protocol][429])
  // Google's SDK shows no headers.
  if (pair.client.name !== "google genai") assert.strictEqual(failure.retryAfter, "7")
}

/** So does the refusal of a request that the provider does not take. */
export const checkRefusedRequest = async (pair: Pair): Promise<void> => {
  const failure = await failureOf(pair, ask(pair, "refused"))
  assert.strictEqual(failure.status, 400)
  assert.include(failure.message, REFUSED.message)
  assert.strictEqual(failure.type, WORDS[pair.client.protocol][400])
}

/** An error in the middle of a stream is an error to the SDK, not the end of a short answer. */
export const checkErrorInStream = async (pair: Pair): Promise<void> => {
  let seen = ""
  const asked = ask(pair, "error-in-stream", { onText: (text) => (seen += text) })
  assert.include((await failureOf(pair, asked)).message, BROKEN.message)
  assert.isTrue(!pair.stream || (seen.length > 0 && LONG_TEXT.startsWith(seen)))
}

/** So is a stream that stops without its last word. */
export const checkCutStream = async (pair: Pair): Promise<void> => {
  for (const how of ["destroyed", "unfinished"]) {
    let seen = ""
    const asked = ask(pair, how, { onText: (text) => (seen += text) })
    // oxlint-disable-next-line no-await-in-loop -- one after another, so that a failure names the one that failed
    await failureOf(pair, asked)
    assert.isTrue(!pair.stream || (seen.length > 0 && LONG_TEXT.startsWith(seen)))
  }
}

/** Hanging up reaches the provider's socket. */
export const checkAbort = async (pair: Pair): Promise<void> => {
  const controller = new AbortController()
  const scenario = pair.stream ? "hanging" : "silent"
  const model = pair.upstreamModel(scenario)
  const asked = ask(pair, scenario, { signal: controller.signal, onText: () => controller.abort() })
  const settled = asked.then(
    () => "answered",
    () => "aborted"
  )
  if (!pair.stream) {
    await until(() => pair.simulator.accepted.some(({ view }) => view?.model === model))
    controller.abort()
  }
  assert.strictEqual(await settled, "aborted")
  await until(() => pair.simulator.abandoned.includes(model))
}

/** Waits, in real time, until something holds. */
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) {
    // oxlint-disable-next-line no-await-in-loop -- it waits
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** What the provider's model saw when it was last asked to play a scenario. */
const seenBy = ({ simulator, upstreamModel }: Pair, scenario: string): ConversationView | undefined =>
  simulator.accepted.findLast(({ view }) => view?.model === upstreamModel(scenario))?.view

/** Reasons to stop that come without tools. */
export const checkStops = async (pair: Pair): Promise<void> => {
  const { stops } = pair.client
  const limited = await ask(pair, "max-tokens", { maxTokens: 4 })
  assert.deepStrictEqual([limited.text, limited.stop], ["Es war ein", stops.length])
  const stopped = await ask(pair, "stop-sequence", { stop: ["drei"] })
  // Claude alone says which sequence it met.
  const met = pair.provider === "claude" || pair.client.protocol !== "claude" ? stops.stop_sequence : stops.stop
  assert.deepStrictEqual([stopped.text, stopped.stop], ["Eins, zwei, ", met])
  // The Responses API has no field for sequences.
  if (pair.client.protocol !== "openai-response") assert.deepStrictEqual(seenBy(pair, "stop-sequence")?.stop, ["drei"])
  assert.strictEqual(seenBy(pair, "max-tokens")?.maxTokens, 4)
  const filtered = await ask(pair, "filtered")
  assert.deepStrictEqual([filtered.text, filtered.stop], ["Ich darf", stops.content_filter])
}

/** A refusal is told in the words of the model, wherever the protocol puts them. */
export const checkRefusal = async (pair: Pair): Promise<void> => {
  const refused = await ask(pair, "refusal")
  assert.strictEqual(refused.text + refused.refusal, "Das mache ich nicht 🙅.")
}

/**
 * The pages that an answer rests on, each at the words that rest on it. When the conversation goes on, with the same
 * provider and with others, nobody is bothered with what it has not found itself.
 */
export const checkSources = async (pair: Pair, others: ReadonlyArray<Pair>): Promise<void> => {
  const { client, provider, stream } = pair
  const places = [pair, ...others].map(({ target }) => target("sourced"))
  let place = 0
  const { apiKey, url } = pair.target("sourced")
  const target = {
    url,
    apiKey,
    get model() {
      return places[place]?.model ?? ""
    }
  }
  const session = client.open(target, { stream })
  const turn = await session.say({ text: "Was ist der Föhn?" })
  const text = SOURCED.map((part) => part.text).join("")
  assert.strictEqual(turn.text, text)
  // A block of Claude's rests on its sources as a whole; what others say comes as one block.
  const words = client.protocol === "claude" && provider !== "claude" ? text : SOURCED[1].text
  const told = SOURCED[1].sources.map(({ title, url: page }) => ({ url: page, title, words }))
  const untold = turn.sources.every((source) => source.words === undefined)
  if (client.hidesSources === true) assert.deepStrictEqual(turn.sources, [])
  else {
    assert.deepStrictEqual(turn.sources, untold ? told.map((source) => ({ ...source, words: undefined })) : told)
  }
  for (; place < places.length; place++) {
    // oxlint-disable-next-line no-await-in-loop -- turn by turn
    assert.strictEqual((await session.say({ text: "Und sonst?" })).text, text)
  }
}

/** The probability of each token, and of the likeliest ones in its place. Claude gives none. */
export const checkTokens = async (pair: Pair): Promise<void> => {
  const { tokens } = await ask(pair, "max-tokens", { likeliestTokens: 2 })
  const expected = tokensOf("Es war ein", 2).map(({ logprob, token, top }) => [
    token,
    logprob,
    top.map((other) => [other.token, other.logprob])
  ])
  assert.deepStrictEqual(tokens, pair.provider === "claude" ? [] : (expected as never))
}

/** Tools that must, must not, or may be used: each choice arrives as such. */
export const checkToolChoice = async (pair: Pair): Promise<void> => {
  const tools = TOOLS
  const none = await ask(pair, "model", { tools, toolChoice: "none" })
  assert.deepStrictEqual(plainCalls(none), [])
  const named = await ask(pair, "model", { tools, toolChoice: "get_time" })
  assert.deepStrictEqual(plainCalls(named), [{ name: "get_time", arguments: {} }])
  const required = await ask(pair, "model", { tools: TOOLS.slice(2), toolChoice: "required" })
  assert.deepStrictEqual(plainCalls(required), [{ name: "get_time", arguments: {} }])
}

/** An answer in JSON by a schema. */
export const checkAnswerSchema = async (pair: Pair): Promise<void> => {
  const answered = await ask(pair, "model", {
    system: SYSTEM,
    answerSchema: {
      type: "object",
      properties: { city: { type: "string" }, recap: { type: "string" } },
      required: ["city", "recap"],
      additionalProperties: false
    }
  })
  const parsed = JSON.parse(answered.text) as { readonly city: string; readonly recap: string }
  assert.strictEqual(parsed.city, "Zürich")
  assert.include(parsed.recap, SYSTEM)
}

/** The count of tokens holds the instructions and the tools, not only what was said. */
export const checkTokenCount = async (pair: Pair): Promise<void> => {
  const count = pair.client.countTokens
  if (count === undefined) return
  const target = pair.target("model")
  const question = { text: "Wie viele Wörter hat dieser Satz, und warum so wenige?" }
  const bare = await count(target, { stream: false }, question)
  assert.isAbove(bare, 4)
  assert.isBelow(bare, 60)
  // Google's SDK can count nothing but contents with this API.
  if (pair.client.name === "google genai") return
  const whole = await count(target, { stream: false, system: SYSTEM.repeat(4), tools: TOOLS }, question)
  assert.isAbove(whole, bare + 100)
}
