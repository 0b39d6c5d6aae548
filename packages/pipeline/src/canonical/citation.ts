import type { Extensions } from "./extensions.ts"

/** A piece of a text, in UTF-16 code units as JavaScript counts them: from `start`, up to but without `end`. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

/** A source that words of an answer rest on. */
export interface Citation {
  /** Address of the source; left out for a document that has none. */
  readonly url?: string | undefined
  /** ID of the source, where that is a file that was uploaded to the provider before. */
  readonly fileId?: string | undefined
  readonly title?: string | undefined
  /** Words of the source, not of the answer. */
  readonly citedText?: string | undefined
  /** What rests on it, in the text of the part that holds the citation; left out for all of it. */
  readonly range?: TextRange | undefined
  /** The citation as its provider wrote it, which says more and may have to go back to it. */
  readonly extensions?: Extensions | undefined
}

/** A citation of the text part that has the index `part` in its choice. */
export interface PlacedCitation {
  readonly part: number
  readonly citation: Citation
}
