import type { Answer, AnswerError, AnswerUsage, Scenarios } from "../provider-simulators/scenario.ts"

const usage: AnswerUsage = { input: 90, cacheRead: 30, cacheWrite: 0, output: 20, reasoning: 0 }

/** With every number that a provider may tell. */
export const THOUGHTFUL_USAGE: AnswerUsage = { input: 90, cacheRead: 30, cacheWrite: 20, output: 50, reasoning: 40 }

const text = (content: string, stop: Answer["stop"] = "stop"): Answer => ({
  parts: [{ type: "text", text: content }],
  stop,
  usage
})

/** Long enough for many events, so that a stream can fail in the middle of it. */
export const LONG_TEXT = "Es war einmal ein Käse 🧀, der wollte Fondue werden. ".repeat(8).trim()

const long = text(LONG_TEXT)

/** What a provider says when it has been asked too much. */
export const RATE_LIMITED: AnswerError = {
  status: 429,
  message: "Too many requests: the quota of this key is used up.",
  headers: { "retry-after": "7" }
}
/** What a provider says to a request that it does not take, whatever the reason. */
export const REFUSED: AnswerError = { status: 400, message: "This model takes no more than 8 images per request." }
/** What a provider says when it breaks down in the middle of an answer. */
export const BROKEN: AnswerError = { status: 500, message: "The engine of the model has stopped." }

/** Events of a stream before it breaks: enough for visible text in every protocol. */
const EVENTS = 6

/** Texts of which one rests on pages; there are characters before it that are two units or four bytes. */
export const SOURCED = [
  { type: "text", text: "Grüezi 🏔. " },
  {
    type: "text",
    text: "Der Föhn 🌬 ist warm",
    sources: [
      { url: "https://example.com/foehn", title: "Föhn 🌬" },
      { url: "https://example.com/wind", title: "Wind" }
    ]
  },
  { type: "text", text: ", sagt man." }
] as const

/** Everything that a provider may do, besides following a conversation. */
export const scenarios: Scenarios = {
  "rate-limited": { kind: "error", error: RATE_LIMITED },
  refused: { kind: "error", error: REFUSED },
  "error-in-stream": { kind: "error-in-stream", events: EVENTS, answer: long, error: BROKEN },
  destroyed: { kind: "cut", events: EVENTS, answer: long, how: "destroyed" },
  unfinished: { kind: "cut", events: EVENTS, answer: long, how: "ended" },
  hanging: { kind: "hang", events: EVENTS, answer: long },
  silent: { kind: "hang", events: 0, answer: long },
  "max-tokens": { kind: "answer", answer: text("Es war ein", "length") },
  "stop-sequence": { kind: "answer", answer: { ...text("Eins, zwei, ", "stop_sequence"), stopSequence: "drei" } },
  filtered: { kind: "answer", answer: text("Ich darf", "content_filter") },
  refusal: {
    kind: "answer",
    answer: { parts: [{ type: "refusal", text: "Das mache ich nicht 🙅." }], stop: "refusal", usage }
  },
  thoughtful: {
    kind: "answer",
    answer: {
      parts: [
        { type: "reasoning", text: "Hm 🤔" },
        { type: "text", text: "Ja." }
      ],
      stop: "stop",
      usage: THOUGHTFUL_USAGE
    }
  },
  calling: {
    kind: "answer",
    answer: { parts: [{ type: "tool_call", name: "look", arguments: { a: "ä" } }], stop: "tool_calls", usage }
  },
  sourced: { kind: "answer", answer: { parts: SOURCED, stop: "stop", usage } },
  "reading-a-file": {
    kind: "answer",
    answer: {
      parts: [
        {
          type: "text",
          text: "Der Föhn ist warm.",
          document: { fileId: "file_1", title: "winde.txt", words: "Föhn: warm" }
        }
      ],
      stop: "stop",
      usage
    }
  },
  empty: { kind: "answer", answer: { parts: [], stop: "stop", usage } },
  redacted: {
    kind: "answer",
    answer: {
      parts: [
        { type: "redacted_reasoning", data: "nobody may read this" },
        { type: "text", text: "Fertig." }
      ],
      stop: "stop",
      usage
    }
  }
}
