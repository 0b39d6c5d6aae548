import * as fc from "fast-check"

import type { Citation, TextRange } from "../../src/canonical/citation.ts"
import type { Part, TextPart } from "../../src/canonical/part.ts"
import type { StreamEvent } from "../../src/canonical/stream-event.ts"
import type { TokenLogprob, TokenProbability } from "../../src/canonical/token-logprob.ts"

// What is said about a text: what it rests on, and how likely its tokens were.

const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 })

/** A range that is not empty, and cuts no character in two. */
export const rangeIn = (text: string): fc.Arbitrary<TextRange> => {
  const characters = Array.from(text)
  const units = (count: number): number => characters.slice(0, count).join("").length
  return fc
    .tuple(fc.nat(characters.length - 1), fc.integer({ min: 1, max: characters.length }))
    .map(([first, length]) => ({
      start: units(first),
      end: units(Math.min(first + length, characters.length))
    }))
}

/** Citations of addresses, each of another range. */
export const citationsOf = (text: string): fc.Arbitrary<ReadonlyArray<Citation>> =>
  fc.uniqueArray(fc.record({ url: fc.webUrl(), title: words, range: rangeIn(text) }), {
    minLength: 1,
    maxLength: 3,
    selector: ({ range }) => `${range.start} ${range.end}`
  })

const probability: fc.Arbitrary<TokenProbability> = fc.record({
  token: words,
  // Numbers that JSON writes as they are: it has no -0.
  logprob: fc.integer({ min: 1, max: 800 }).map((eighths) => -eighths / 8)
})

/** Tokens as a provider gives them that gives no bytes. */
export const tokens: fc.Arbitrary<ReadonlyArray<TokenLogprob>> = fc.array(
  fc.tuple(probability, fc.array(probability, { maxLength: 2 })).map(([token, top]) => ({ ...token, top })),
  { minLength: 1, maxLength: 4 }
)

const withBytes = (one: TokenProbability): TokenProbability => ({ ...one, bytes: [...Buffer.from(one.token)] })

/** Tokens as OpenAI gives them. */
export const tokensWithBytes: fc.Arbitrary<ReadonlyArray<TokenLogprob>> = tokens.map((all) =>
  all.map((token) => ({ ...withBytes(token), top: token.top.map(withBytes) }))
)

/** The text with citations, or tokens, or both, or neither. */
export const withNotes = (
  part: TextPart,
  citations: (text: string) => fc.Arbitrary<ReadonlyArray<Citation>>,
  logprobs: fc.Arbitrary<ReadonlyArray<TokenLogprob>>
): fc.Arbitrary<TextPart> =>
  part.text === ""
    ? fc.constant(part)
    : fc
        .record({ citations: citations(part.text), logprobs }, { requiredKeys: [] })
        .map((notes) => ({ ...part, ...notes }))

/** The text with what was said about it in other events of its stream. */
export const partWithNote = (
  part: Part | undefined,
  event: Extract<StreamEvent, { type: "citation" | "logprobs" }>
): TextPart => {
  if (part?.type !== "text") throw new Error(`${event.type} for a part of type ${part?.type}`)
  return event.type === "citation"
    ? { ...part, citations: [...(part.citations ?? []), event.citation] }
    : { ...part, logprobs: [...(part.logprobs ?? []), ...event.tokens] }
}

/** The events of a text between its beginning and its end: its pieces, with its tokens before them, and its citations. */
export const eventsOfText = (
  { citations = [], logprobs = [] }: TextPart,
  at: { readonly choice: number; readonly part: number },
  pieces: ReadonlyArray<string>
): ReadonlyArray<StreamEvent> => {
  const share = Math.ceil(logprobs.length / Math.max(pieces.length, 1))
  const texts = pieces.flatMap((text, index): ReadonlyArray<StreamEvent> => {
    const own = logprobs.slice(index * share, (index + 1) * share)
    return [
      ...(own.length === 0 ? [] : [{ type: "logprobs", ...at, tokens: own } as const]),
      { type: "text", ...at, text }
    ]
  })
  const [first, ...others] = citations.map((citation) => ({ type: "citation", ...at, citation }) as const)
  // Claude tells a source before its text, others behind it.
  return [...(first === undefined ? [] : [first]), ...texts, ...others]
}

/** Parts as they come back from a client, which is not asked for what was said about its texts. */
export const withoutNotes = (parts: ReadonlyArray<Part>): ReadonlyArray<Part> =>
  parts.map((part) => {
    if (part.type !== "text") return part
    const { citations: _citations, logprobs: _logprobs, ...rest } = part
    return rest
  })
