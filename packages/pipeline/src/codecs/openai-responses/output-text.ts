import type { Citation } from "../../canonical/citation.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { TokenLogprob } from "../../canonical/token-logprob.ts"
import { encodeLogprobs } from "../openai-chat/token-logprobs.ts"
import { encodeAnnotation } from "./annotations.ts"

/** What an `output_text` holds besides its text. */
export interface TextNotes {
  readonly annotations: ReadonlyArray<JsonObject>
  readonly logprobs: ReadonlyArray<JsonObject>
}

export const NO_NOTES: TextNotes = { annotations: [], logprobs: [] }

/** The notes on a whole text. */
export const textNotes = (
  text: string,
  citations: ReadonlyArray<Citation> | undefined,
  tokens: ReadonlyArray<TokenLogprob> | undefined
): TextNotes => {
  if (citations === undefined && tokens === undefined) return NO_NOTES
  const annotations: Array<JsonObject> = []
  for (const citation of citations ?? []) {
    const annotation = encodeAnnotation(citation, text)
    if (annotation !== undefined) annotations.push(annotation)
  }
  return { annotations, logprobs: tokens === undefined ? [] : encodeLogprobs(tokens) }
}
