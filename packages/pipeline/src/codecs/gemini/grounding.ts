import type { Citation, PlacedCitation, TextRange } from "../../canonical/citation.ts"
import type { JsonObject } from "../../canonical/json.ts"
import { type AnswerText, placeInAnswer, placeInPart } from "../answer-text.ts"
import { isObject, listOr, numberOr, objectOr, otherFields, textOr } from "../json-fields.ts"
import { afterBytes, bytesBefore } from "../text-offsets.ts"

/*
 * What an answer rests on, in a candidate: `groundingMetadata` lists sources, and says which segments of the text rest on
 * which of them; `citationMetadata` lists what was quoted at length. Both count bytes of UTF-8. A segment is one of a
 * part by the reference, but the API leaves `partIndex` out and counts in the text of the answer, as Google's own example
 * does: the words of the segment decide.
 * Sources: https://ai.google.dev/api/generate-content#GroundingMetadata and #CitationMetadata,
 * https://ai.google.dev/gemini-api/docs/google-search
 */

/** What the candidates of an answer, or of its chunks, have said of its sources. Chunks go on the lists of those before. */
export interface Grounding {
  readonly chunks: Array<unknown>
  readonly supports: Array<unknown>
  readonly quotes: Array<unknown>
  /** Keys of what `decodeGrounding` has given, which it does not give again. */
  readonly told: Set<string>
}

/** Adds what a candidate says to what those before it have said. */
export const addGrounding = (before: Grounding | undefined, candidate: JsonObject): Grounding | undefined => {
  const { citationMetadata: quoted, groundingMetadata: grounds } = candidate
  if (!isObject(grounds) && !isObject(quoted)) return before
  const { groundingChunks, groundingSupports } = objectOr(grounds)
  // Vertex AI calls them `citations`.
  const { citationSources, citations } = objectOr(quoted)
  const grounding = before ?? { chunks: [], supports: [], quotes: [], told: new Set() }
  for (const chunk of listOr(groundingChunks)) grounding.chunks.push(chunk)
  for (const support of listOr(groundingSupports)) grounding.supports.push(support)
  for (const quote of [...listOr(citationSources), ...listOr(citations)]) grounding.quotes.push(quote)
  return grounding
}

/** Fields of `groundingMetadata` that citations do not hold, such as `searchEntryPoint`; `undefined` for none. */
export const otherGrounding = (metadata: unknown): JsonObject | undefined =>
  otherFields(objectOr(metadata), CITATION_FIELDS)

const CITATION_FIELDS: ReadonlySet<string> = new Set(["groundingChunks", "groundingSupports"])

/** The citations of an answer so far, each once. A source that nothing is said to rest on is one of the whole last text. */
export const decodeGrounding = (
  { chunks, quotes, supports, told }: Grounding,
  answer: AnswerText
): ReadonlyArray<PlacedCitation> => {
  const placed: Array<PlacedCitation> = []
  const place = (source: Citation, range: TextRange | undefined): void => {
    const at = placeInPart(answer, range)
    const key = `${nameOf(source)} ${range?.start} ${range?.end}`
    if (at === undefined || told.has(key)) return
    told.add(nameOf(source)).add(key)
    placed.push({ part: at.part, citation: { ...source, range: at.range } })
  }
  const sources = chunks.map(sourceOf)
  for (const support of supports) {
    const range = rangeOf(objectOr(objectOr(support)["segment"]), answer.text)
    for (const index of listOr(objectOr(support)["groundingChunkIndices"])) {
      const source = sources[Number(index)]
      if (source !== undefined) place(source, range)
    }
  }
  for (const quote of quotes) {
    const { title, uri } = objectOr(quote)
    if (textOr(uri) !== "")
      place({ url: textOr(uri), title: textOr(title) || undefined }, rangeOf(objectOr(quote), answer.text))
  }
  for (const source of sources) if (source !== undefined && !told.has(nameOf(source))) place(source, undefined)
  return placed
}

const nameOf = ({ citedText, title, url }: Citation): string => JSON.stringify([url, title, citedText])

/** A page of the web, a place of Google Maps, or a document: `undefined` for one that is not named. */
const sourceOf = (value: unknown): Citation | undefined => {
  const { maps, retrievedContext, web } = objectOr(value)
  const { text, title, uri } = objectOr(web ?? maps ?? retrievedContext)
  const source = {
    url: textOr(uri) || undefined,
    title: textOr(title) || undefined,
    citedText: textOr(text) || undefined
  }
  return source.url === undefined && source.title === undefined ? undefined : source
}

/** The range of a segment. A start of 0 is left out on the wire. */
const rangeOf = (segment: JsonObject, text: string): TextRange | undefined => {
  const words = textOr(segment["text"])
  const endIndex = numberOr(segment["endIndex"]) ?? 0
  const start = afterBytes(text, numberOr(segment["startIndex"]) ?? 0)
  const end = afterBytes(text, endIndex)
  if (end > start && (words === "" || text.slice(start, end) === words)) return { start, end }
  const found = words === "" ? -1 : text.indexOf(words)
  return found < 0 ? undefined : { start: found, end: found + words.length }
}

/** `groundingMetadata` for a client; `undefined` for no citations. */
export const encodeGrounding = (placed: ReadonlyArray<PlacedCitation>, answer: AnswerText): JsonObject | undefined => {
  const chunks = new Map<string, { readonly index: number; readonly chunk: JsonObject }>()
  const supports = new Map<string, { readonly segment: JsonObject; readonly groundingChunkIndices: Array<number> }>()
  for (const one of placed) {
    const range = placeInAnswer(answer, one)
    const chunk = chunkOf(one.citation)
    if (range === undefined || chunk === undefined) continue
    const name = JSON.stringify(chunk)
    const { index } = chunks.get(name) ?? { index: chunks.size }
    chunks.set(name, { index, chunk })
    const where = `${range.start} ${range.end}`
    const support = supports.get(where) ?? { segment: segmentOf(range, answer.text), groundingChunkIndices: [] }
    support.groundingChunkIndices.push(index)
    supports.set(where, support)
  }
  if (chunks.size === 0) return undefined
  return {
    groundingChunks: [...chunks.values()].map(({ chunk }) => chunk),
    groundingSupports: [...supports.values()]
  }
}

/** A source with an address is a page of the web, as Google's search finds them; another is a document. */
const chunkOf = ({ citedText, title, url }: Citation): JsonObject | undefined => {
  if (url !== undefined) return { web: { uri: url, title } }
  return title === undefined ? undefined : { retrievedContext: { title, text: citedText } }
}

const segmentOf = ({ end, start }: TextRange, text: string): JsonObject => ({
  startIndex: bytesBefore(text, start),
  endIndex: bytesBefore(text, end),
  text: text.slice(start, end)
})
