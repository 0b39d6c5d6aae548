import { readdirSync, readFileSync } from "node:fs"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { CanonicalResponse } from "../../../src/canonical/response.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"

/** A request, and what is read of it. */
export interface RequestCase {
  readonly request: JsonObject
  /** `extensions` is `"repeated"` where it is the whole request but for model, input and stream. */
  readonly canonical: JsonObject
}

/** An answer, and what the client gets that sent the request. */
export interface AnswerCase {
  readonly request: JsonObject
  readonly canonical: CanonicalResponse
  readonly response: JsonObject
}

/** A streamed answer. What the client gets is in the file of the same name with `.sse`. */
export interface StreamCase {
  readonly request: JsonObject
  readonly events: ReadonlyArray<StreamEvent>
}

const folder = new URL("corpus/", import.meta.url)

/** The text of a file of the corpus. */
export const corpusText = (path: string): string => readFileSync(new URL(path, folder), "utf8")

/** The JSON files in a folder, by the words that their names are made of. */
const cases = (name: string): ReadonlyArray<readonly [string, unknown]> =>
  readdirSync(new URL(`${name}/`, folder))
    .filter((file) => file.endsWith(".json"))
    .map((file) => [file.slice(0, -".json".length), JSON.parse(corpusText(`${name}/${file}`))])

export const requestCases = cases("requests") as ReadonlyArray<readonly [name: string, RequestCase]>
export const answerCases = cases("answers") as ReadonlyArray<readonly [name: string, AnswerCase]>
export const streamCases = cases("streams") as ReadonlyArray<readonly [name: string, StreamCase]>
