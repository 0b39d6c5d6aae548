import type { PlacedCitation, TextRange } from "../../canonical/citation.ts"
import type { JsonObject } from "../../canonical/json.ts"
import { type AnswerText, placeInAnswer, placeInPart } from "../answer-text.ts"
import { numberOr, objectOr, textOr } from "../json-fields.ts"
import { afterCharacters, charactersBefore } from "../text-offsets.ts"

/*
 * `annotations` of a message: the addresses that its words rest on. Their indexes count characters of the whole content,
 * the last one excluded. Source: https://platform.openai.com/docs/guides/tools-web-search, output and citations.
 */

/** The citations among annotations, each once: some servers repeat them in every chunk. */
export const decodeAnnotations = (annotations: ReadonlyArray<unknown>, answer: AnswerText): Array<PlacedCitation> => {
  const placed: Array<PlacedCitation> = []
  const seen = new Set<string>()
  for (const value of annotations) {
    const annotation = objectOr(value)
    if (annotation["type"] !== "url_citation") continue
    const cited = objectOr(annotation["url_citation"])
    const url = textOr(cited["url"])
    const place = placeInPart(answer, rangeOf(cited, answer.text))
    const key = JSON.stringify([url, cited["start_index"], cited["end_index"]])
    if (url === "" || place === undefined || seen.has(key)) continue
    seen.add(key)
    const citation = {
      url,
      title: textOr(cited["title"]) || undefined,
      // OpenRouter has the words of the source. Source: https://openrouter.ai/docs/guides/features/plugins/web-search.
      citedText: textOr(cited["content"]) || undefined,
      range: place.range
    }
    placed.push({ part: place.part, citation })
  }
  return placed
}

/** Servers that do not know the place say 0 and 0. */
const rangeOf = (cited: JsonObject, text: string): TextRange | undefined => {
  const start = numberOr(cited["start_index"])
  const end = numberOr(cited["end_index"])
  if (start === undefined || end === undefined || end <= start) return undefined
  return { start: afterCharacters(text, start), end: afterCharacters(text, end) }
}

/** What a client gets of citations; `undefined` for none. Those without an address have no form here. */
export const encodeAnnotations = (
  placed: ReadonlyArray<PlacedCitation>,
  answer: AnswerText
): ReadonlyArray<JsonObject> | undefined => {
  const annotations: Array<JsonObject> = []
  for (const one of placed) {
    const { title, url } = one.citation
    const range = placeInAnswer(answer, one)
    if (url === undefined || range === undefined) continue
    annotations.push({ type: "url_citation", url_citation: urlCitation(url, title, range, answer.text) })
  }
  return annotations.length === 0 ? undefined : annotations
}

/** The fields of a citation as both of OpenAI's protocols have them. Without a title, it is called by its address. */
export const urlCitation = (
  url: string,
  title: string | undefined,
  { end, start }: TextRange,
  text: string
): JsonObject => ({
  start_index: charactersBefore(text, start),
  end_index: charactersBefore(text, end),
  title: title ?? url,
  url
})
