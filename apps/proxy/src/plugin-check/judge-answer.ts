import { type AnyContract, type PluginCallError, UNKNOWN_METHOD } from "@cliproxy/abi"
import { Result } from "effect"

import { problemsOf } from "./answer-rules.ts"
import type { Known } from "./sample.ts"

/** What an answer is worth. */
export interface Verdict {
  readonly right: boolean
  /** For people. */
  readonly outcome: string
  /** The answer, when it could be read. */
  readonly answer?: unknown
}

/**
 * What an answer of a method is worth. An error envelope is an answer, unless it says that the method is not there, or
 * `mayRefuse` is false.
 */
export const judge = (
  contract: AnyContract,
  outcome: Result.Result<unknown, PluginCallError>,
  request: unknown,
  known: Known,
  mayRefuse: boolean
): Verdict => {
  if (Result.isFailure(outcome)) {
    const error = outcome.failure
    if (error._tag !== "PluginRefused") return { right: false, outcome: error.message }
    if (error.code === UNKNOWN_METHOD)
      return {
        right: false,
        outcome: "the plugin says that it has no such method, although its capability promises it"
      }
    const refused = `refused with "${error.message}"${error.httpStatus === undefined ? "" : ` and status ${error.httpStatus}`}`
    return { right: mayRefuse, outcome: mayRefuse ? refused : `${refused}, which leaves the capability without effect` }
  }
  const answer = contract.decodeResult(outcome.success)
  if (Result.isFailure(answer))
    return { right: false, outcome: `the answer has the wrong shape: ${answer.failure.detail}` }
  const problems = problemsOf(contract.method, answer.success, request, known)
  return {
    right: problems.length === 0,
    outcome: problems.length === 0 ? "answered" : problems.join("; "),
    answer: answer.success
  }
}

/** Methods by which a plugin describes itself: an error there is never an answer. */
export const describes = (method: string) => /\.(identifier|register|describe|static)$/.test(method)
