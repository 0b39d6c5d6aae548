import type { JsonObject } from "./scenario.ts"

/** A tool's result, as the model sees it. */
export interface ViewedResult {
  /** Name of the tool that was called. */
  readonly name: string
  readonly text: string
  /** `undefined` where the protocol cannot say it. */
  readonly isError: boolean | undefined
  /** Fingerprints of the images in the result itself. */
  readonly images: ReadonlyArray<string>
}

/** What a request lets the model see, whichever protocol it came in. */
export interface ConversationView {
  readonly model: string
  readonly stream: boolean
  /** All instructions, one after another. */
  readonly system: string
  readonly userTexts: ReadonlyArray<string>
  readonly assistantTexts: ReadonlyArray<string>
  /** Fingerprints of all images, in order, wherever they are. */
  readonly images: ReadonlyArray<string>
  /** Media types of all other files. */
  readonly files: ReadonlyArray<string>
  /** Calls that the model made before, in order. */
  readonly calls: ReadonlyArray<{ readonly name: string; readonly arguments: JsonObject }>
  readonly results: ReadonlyArray<ViewedResult>
  /** Names of the tools that may be called. */
  readonly tools: ReadonlyArray<string>
  /** `auto`, `none`, `required`, or the name of the tool that must be called. */
  readonly toolChoice: string
  readonly parallelCalls: boolean
  readonly wantsReasoning: boolean
  /** Whether the answer must be JSON. */
  readonly wantsJson: boolean
  /** How many of the likeliest tokens are wanted for each token of the answer; `undefined` for no probabilities. */
  readonly likeliestTokens: number | undefined
  readonly stop: ReadonlyArray<string>
  readonly maxTokens: number | undefined
}

/** A view that is being filled, message by message. */
export interface ViewedMessages {
  readonly userTexts: Array<string>
  readonly assistantTexts: Array<string>
  readonly images: Array<string>
  readonly files: Array<string>
  readonly calls: Array<{ readonly name: string; readonly arguments: JsonObject }>
  readonly results: Array<ViewedResult>
}

/** A view of nothing yet. */
export const emptyMessages = (): ViewedMessages => ({
  userTexts: [],
  assistantTexts: [],
  images: [],
  files: [],
  calls: [],
  results: []
})

const SOLE_KEYS = new Set(["output", "result", "content", "error"])

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const parseObject = (text: string): JsonObject | undefined => {
  try {
    const parsed: unknown = JSON.parse(text)
    return isObject(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/**
 * A tool's result as a model reads it: what stands in an object, or in the text of one, with nothing else around it
 * reads like itself. Gemini has all results in objects; some SDKs write `{"error":...}` where they have no field for it.
 */
export const resultText = (result: unknown): string => {
  const inner = typeof result === "string" ? parseObject(result) : result
  if (!isObject(inner)) return typeof result === "string" ? result : JSON.stringify(result)
  // Vercel's SDK repeats the tool's name beside the result.
  const [[key, value] = ["", undefined], ...more] = Object.entries(inner).filter(([name]) => name !== "name")
  if (more.length === 0 && SOLE_KEYS.has(key)) return resultText(value)
  return typeof result === "string" ? result : JSON.stringify(result)
}
