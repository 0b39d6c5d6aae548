import type { JsonObject } from "../provider-simulators/scenario.ts"
import type { StopWords } from "./clients/stop-words.ts"

/** Protocol that a client speaks, as the gateway names it. */
export type ClientProtocol = "openai" | "openai-response" | "claude" | "gemini"

/** Where a client sends its requests. */
export interface Target {
  /** Scheme, host and port: each client appends the path that its SDK expects. */
  readonly url: string
  readonly apiKey: string
  /** Read before every request: a conversation may go on with another model. */
  readonly model: string
}

/** A tool as clients declare it. */
export interface ToolDeclaration {
  readonly name: string
  readonly description: string
  /** JSON Schema. */
  readonly schema: JsonObject
}

/** What a conversation is opened with. */
export interface SessionOptions {
  readonly stream: boolean
  readonly system?: string
  readonly tools?: ReadonlyArray<ToolDeclaration>
  /** `auto`, `none`, `required`, or a tool's name. */
  readonly toolChoice?: string
  /** `false` allows one call at a time. */
  readonly parallelCalls?: boolean
  /** Asks the model to think. */
  readonly reasoning?: boolean
  readonly stop?: ReadonlyArray<string>
  /** JSON Schema that the answer must follow. */
  readonly answerSchema?: JsonObject
  readonly maxTokens?: number
  /** Asks for the probability of each token, and for that of as many of the likeliest in its place. */
  readonly likeliestTokens?: number
  readonly signal?: AbortSignal
  /** Called for each piece of visible text of a stream. */
  readonly onText?: (text: string) => void
}

/** What a person says. */
export interface Question {
  readonly text: string
  /** A PNG in base64. */
  readonly image?: string
}

/** What a tool answered. */
export interface ToolAnswer {
  readonly text: string
  readonly isError?: boolean
  /** A PNG in base64; left out by clients whose protocol or SDK has no place for it. */
  readonly image?: string
}

/** Tokens, each counted once, as `AnswerUsage` has them; `undefined` where the protocol does not tell. */
export interface TurnUsage {
  readonly input: number | undefined
  readonly cacheRead: number | undefined
  readonly cacheWrite: number | undefined
  readonly output: number | undefined
  readonly reasoning: number | undefined
}

/** A page that an answer rests on. */
export interface TurnSource {
  readonly url: string
  readonly title: string | undefined
  /** The words of the answer that rest on it; `undefined` where the SDK does not tell. */
  readonly words: string | undefined
}

/** A token of an answer: what it is, how likely it was, and how likely which others. */
export type TurnToken = readonly [token: string, logprob: number, top: ReadonlyArray<readonly [string, number]>]

/** One answer, as the SDK gave it to its user. */
export interface Turn {
  readonly text: string
  /** Readable thought. */
  readonly reasoning: string
  /** Opaque proofs that came with it, in order: signatures, encrypted contents. */
  readonly signatures: ReadonlyArray<string>
  readonly refusal: string
  readonly sources: ReadonlyArray<TurnSource>
  /** Left out where the SDK is not asked for them. */
  readonly tokens?: ReadonlyArray<TurnToken>
  readonly calls: ReadonlyArray<{ readonly id: string; readonly name: string; readonly arguments: unknown }>
  /** Why the model stopped: see `Client.stops`. */
  readonly stop: string
  readonly usage: TurnUsage | undefined
}

/** A conversation under way. It keeps its history as its SDK would have it. */
export interface Session {
  readonly say: (question: Question) => Promise<Turn>
  /** Answers the calls of the last turn, in their order. */
  readonly answer: (answers: ReadonlyArray<ToolAnswer>) => Promise<Turn>
}

/** An error as the SDK reports it to its user. */
export interface Failure {
  /** Name of the SDK's own class. */
  readonly name: string
  /** HTTP status; `undefined` for an error in the middle of a stream, where the SDK knows none. */
  readonly status: number | undefined
  /** The protocol's word for it: `type` with OpenAI and Claude, `status` with Gemini. */
  readonly type: string | undefined
  readonly message: string
  /** Seconds; where the SDK shows headers. */
  readonly retryAfter: string | undefined
}

/** An official SDK, used as its documentation shows. None of them retries. */
export interface Client {
  readonly name: string
  readonly protocol: ClientProtocol
  /** Whether results of tools can hold images in the protocol, through this SDK. */
  readonly imagesInResults: boolean
  readonly stops: StopWords
  /** The SDK does not tell what was written to the provider's cache. */
  readonly hidesCacheWrites?: boolean
  /** The SDK does not tell the sources of an answer. */
  readonly hidesSources?: boolean
  /** The protocol, or what these tests use of the SDK, knows no probabilities of tokens. */
  readonly hidesTokens?: boolean
  readonly open: (target: Target, options: SessionOptions) => Session
  /** What the SDK made of a failed request; `undefined` for an error that is none of the SDK's. */
  readonly failure: (error: unknown) => Failure | undefined
  /** Number of tokens of a conversation with this question; left out where the SDK cannot ask. */
  readonly countTokens?: (target: Target, options: SessionOptions, question: Question) => Promise<number>
  /** IDs of the models; left out where the SDK cannot ask. */
  readonly models?: (target: Target) => Promise<ReadonlyArray<string>>
}
