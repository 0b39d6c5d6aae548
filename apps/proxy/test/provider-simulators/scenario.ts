/** A JSON object, as requests and tool arguments are made of. */
export type JsonObject = { readonly [name: string]: unknown }

/** A page of the web that all of a text rests on. */
export interface AnswerSource {
  readonly url: string
  readonly title: string
}

/** A text file of the request that all of a text rests on, and the words of it. */
export interface AnswerDocument {
  readonly fileId: string
  readonly title: string
  readonly words: string
}

/** One piece of an answer, in no protocol: each simulator writes it as its provider does. */
export type AnswerPart =
  | {
      readonly type: "text"
      readonly text: string
      readonly sources?: ReadonlyArray<AnswerSource>
      /** A file of the request that the text rests on. Claude alone tells it. */
      readonly document?: AnswerDocument
    }
  /** Thought. Claude and Gemini sign it; OpenAI itself keeps it to itself, others send it as `reasoning_content`. */
  | { readonly type: "reasoning"; readonly text: string }
  /** Encrypted thought: Claude alone has it, the others leave it out. */
  | { readonly type: "redacted_reasoning"; readonly data: string }
  /** A text stands for arguments that are not JSON; Gemini, which sends objects, stops with MALFORMED_FUNCTION_CALL. */
  | { readonly type: "tool_call"; readonly name: string; readonly arguments: JsonObject | string }
  | { readonly type: "refusal"; readonly text: string }

/** Why the simulated model stopped. */
export type AnswerStop = "stop" | "stop_sequence" | "length" | "tool_calls" | "content_filter" | "refusal"

/** Tokens, each counted once: `input` holds both cache numbers, `output` holds `reasoning`. */
export interface AnswerUsage {
  readonly input: number
  readonly cacheRead: number
  /** Gemini does not report it. */
  readonly cacheWrite: number
  readonly output: number
  readonly reasoning: number
}

/** What a simulator answers. */
export interface Answer {
  readonly parts: ReadonlyArray<AnswerPart>
  readonly stop: AnswerStop
  readonly stopSequence?: string
  readonly usage: AnswerUsage
}

/** An error of a provider. */
export interface AnswerError {
  readonly status: number
  readonly message: string
  /** Such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What happens to a request that the provider accepts. */
export type Scenario =
  /** A model that follows the conversation: see `answerLikeAModel`. */
  | { readonly kind: "model" }
  | { readonly kind: "answer"; readonly answer: Answer }
  /** Refused with a status, before anything is written. */
  | { readonly kind: "error"; readonly error: AnswerError }
  /** `events` events of the stream, then an error event and the end; a request without a stream is refused. */
  | {
      readonly kind: "error-in-stream"
      readonly events: number
      readonly answer: Answer
      readonly error: AnswerError
    }
  /** `events` events of the stream, then the socket is destroyed, or ended in good order without the last events. */
  | {
      readonly kind: "cut"
      readonly events: number
      readonly answer: Answer
      readonly how: "destroyed" | "ended"
    }
  /** `events` events of the stream, then silence until the other side hangs up. */
  | { readonly kind: "hang"; readonly events: number; readonly answer: Answer }

/**
 * Scenarios by name. A model's name chooses one: what stands between its first `--` and the next, as in
 * `claude-sonnet--rate-limited--anything`. A name without that is a model that follows the conversation.
 */
export type Scenarios = Readonly<Record<string, Scenario>>

/** The scenario that a model's name asks for; `undefined` for a model that does not exist. */
export const scenarioOf = (scenarios: Scenarios, model: string): Scenario | undefined => {
  const name = model.split("--")[1]
  if (name === undefined || name === "model") return { kind: "model" }
  return scenarios[name]
}
