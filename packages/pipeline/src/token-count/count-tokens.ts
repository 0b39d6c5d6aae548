import { setImmediate } from "node:timers/promises"

import type { CanonicalRequest } from "../canonical/request.ts"
import { imageTokens } from "./image-tokens.ts"
import { TOKENS_PER_FILE, visitContents } from "./request-texts.ts"

/** Counts the tokens of one text. */
type Tokenize = (text: string) => number

/**
 * Characters that are handed to the tokenizer at once. Its cost grows with the square of the length of a word, and
 * nobody may stop the gateway with a word of a megabyte.
 */
const PIECE = 1000

/** Pieces after which others get a turn. */
const PIECES_PER_TURN = 32

/**
 * Counts the tokens of a request: system prompts, messages, tool calls and results, tools and schemas, images and files.
 * With OpenAI's own encoding for its models before GPT-4o, and with `o200k_base` for all others: exact for OpenAI's later
 * models, and near for models that have a tokenizer of their own. How a provider puts tools and messages together is not
 * known and counted by constants. Images are counted as OpenAI does, documents by a constant. The tokenizer is loaded when
 * it is first needed, which takes some 200 ms and 70 MB. Rejects with the reason of `signal` at the turn after it was
 * aborted: what is counted by then interests nobody.
 */
export const countTokens = async (
  request: CanonicalRequest,
  upstreamModel: string,
  signal?: AbortSignal
): Promise<number> => {
  const tokenize = await tokenizerFor(upstreamModel)
  signal?.throwIfAborted()
  const texts: Array<string> = []
  let media = 0
  const frame = visitContents(request, {
    text: (text) => texts.push(text),
    image: (image) => {
      media += imageTokens(image)
    },
    file: () => {
      media += TOKENS_PER_FILE
    }
  })
  let tokens = frame + media
  let pieces = 0
  for (const text of texts) {
    for (const piece of piecesOf(text)) {
      tokens += tokenize(piece)
      if (++pieces % PIECES_PER_TURN !== 0) continue
      await setImmediate()
      signal?.throwIfAborted()
    }
  }
  return tokens
}

/** Text in a request is never a special token, whatever it looks like. */
const PLAIN = { disallowedSpecial: new Set<string>() }

/** Models before GPT-4o. Source: https://github.com/openai/tiktoken/blob/main/tiktoken/model.py. */
const CL100K = /^(?:gpt-3\.5|gpt-4(?:-|$))/

const tokenizerFor = async (model: string): Promise<Tokenize> => {
  const name = model.slice(model.lastIndexOf("/") + 1).replace(/^ft:/, "")
  const { countTokens: count } = CL100K.test(name)
    ? await import("gpt-tokenizer/encoding/cl100k_base")
    : await import("gpt-tokenizer/encoding/o200k_base")
  return (text) => count(text, PLAIN)
}

/** Cuts a text before a space, where tokens begin, or after `PIECE` characters if it has none. */
const piecesOf = function* (text: string): Generator<string> {
  let from = 0
  while (text.length - from > PIECE) {
    const space = text.lastIndexOf(" ", from + PIECE)
    let to = space > from ? space : from + PIECE
    // Not through a surrogate pair.
    if (/[\ud800-\udbff]/.test(text[to - 1] ?? "")) to--
    yield text.slice(from, to)
    from = to
  }
  if (from < text.length) yield text.slice(from)
}
