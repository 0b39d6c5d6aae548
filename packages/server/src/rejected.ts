import { Data } from "effect"

import type { OpenAIError } from "./openai-error.ts"

/** The server's own doors refuse a request before the pipeline sees it. */
export class Rejected extends Data.TaggedError("Rejected")<{ readonly answer: OpenAIError }> {}
