import { Data } from "effect"

import type { ErrorAnswer } from "./error-answer.ts"

/** The server's own doors refuse a request before the pipeline sees it. */
export class Rejected extends Data.TaggedError("Rejected")<{ readonly answer: ErrorAnswer }> {}
