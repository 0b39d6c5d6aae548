import type { PlacedCitation, TextRange } from "../canonical/citation.ts"
import type { Part, TextPart } from "../canonical/part.ts"

/** The texts of an answer as one, for protocols whose citations point into all of it. */
export interface AnswerText {
  text: string
  /** Where the text of each part is, in order. */
  readonly spans: Array<TextSpan>
}

interface TextSpan {
  readonly part: number
  readonly start: number
  end: number
}

export const newAnswerText = (): AnswerText => ({ text: "", spans: [] })

/** Adds more of the text of a part. */
export const addAnswerText = (answer: AnswerText, part: number, more: string): void => {
  let span = answer.spans.at(-1)
  if (span?.part !== part) answer.spans.push((span = { part, start: answer.text.length, end: 0 }))
  answer.text += more
  span.end = answer.text.length
}

/** The text of the parts of a whole answer. */
export const answerTextOf = (parts: ReadonlyArray<Part>): AnswerText => {
  const answer = newAnswerText()
  parts.forEach((part, index) => {
    if (part.type === "text") addAnswerText(answer, index, part.text)
  })
  return answer
}

/** The part in which a range of the whole text begins, and what of the range is in it. Without a range, the last one. */
export const placeInPart = (
  { spans }: AnswerText,
  range: TextRange | undefined
): { readonly part: number; readonly range: TextRange | undefined } | undefined => {
  const span =
    range === undefined ? undefined : spans.find(({ start, end }) => range.start >= start && range.start < end)
  if (range === undefined || span === undefined) {
    const last = spans.at(-1)
    return last && { part: last.part, range: undefined }
  }
  const { part, start } = span
  return { part, range: { start: range.start - start, end: Math.min(range.end, span.end) - start } }
}

/** The range of the whole text that a citation of a part is about; `undefined` for a part without text. */
export const placeInAnswer = ({ spans }: AnswerText, { part, citation }: PlacedCitation): TextRange | undefined => {
  const span = spans.find((candidate) => candidate.part === part)
  if (span === undefined) return undefined
  const { range } = citation
  return range === undefined
    ? { start: span.start, end: span.end }
    : { start: span.start + range.start, end: span.start + range.end }
}

/** The citations of the parts of a whole answer. */
export const citationsOf = (parts: ReadonlyArray<Part>): ReadonlyArray<PlacedCitation> =>
  parts.flatMap((part, index) =>
    part.type === "text" && part.citations !== undefined
      ? part.citations.map((citation) => ({ part: index, citation }))
      : []
  )

/** Puts citations into the text parts that they are of. */
export const addCitations = (parts: Array<Part>, placed: ReadonlyArray<PlacedCitation>): void => {
  for (const { citation, part: index } of placed) {
    const part = parts[index]
    if (part?.type !== "text") continue
    const cited: TextPart = { ...part, citations: [...(part.citations ?? []), citation] }
    parts[index] = cited
  }
}
