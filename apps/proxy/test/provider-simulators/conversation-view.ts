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

/** A result in an object with nothing else around it, as Gemini has it, reads like the text alone. */
export const textOfResponse = (response: unknown): string => {
  if (typeof response === "string") return response
  if (!isObject(response)) return JSON.stringify(response)
  // Vercel's SDK repeats the tool's name beside the result.
  const [[key, value] = ["", undefined], ...more] = Object.entries(response).filter(([name]) => name !== "name")
  return more.length === 0 && SOLE_KEYS.has(key) ? textOfResponse(value) : JSON.stringify(response)
}

/** The same for a result that is a text: an object may have been written into it. */
export const textOfResult = (text: string): string => {
  try {
    return textOfResponse(JSON.parse(text))
  } catch {
    return text
  }
}
