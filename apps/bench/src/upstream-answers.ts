/** How the upstream of these benches answers; also the names of its models, so that proxies need no other switch. */
export type AnswerKind = "whole" | "burst" | "paced"

/** Events of a stream, without the closing `[DONE]`. */
export const eventsPerStream = 50

/** Milliseconds between two events of a paced stream. */
export const paceMs = 20

/** A chat completion of about 1 KB. */
export const wholeAnswer: Buffer = Buffer.from(
  JSON.stringify({
    id: "chatcmpl-bench",
    object: "chat.completion",
    created: 1_700_000_000,
    model: "whole",
    choices: [{ index: 0, message: { role: "assistant", content: "word ".repeat(150) }, finish_reason: "stop" }],
    usage: { prompt_tokens: 200, completion_tokens: 150, total_tokens: 350 }
  })
)

/** This machine's monotonic clock in microseconds: the same in every process. */
export const clockMicros = (): number => Number(process.hrtime.bigint() / 1000n)

/** One event of a stream. It says when it was sent, so that the receiver can tell how long it took. */
export const eventFrame = (index: number): string => {
  const finish = index === eventsPerStream - 1 ? '"stop"' : "null"
  return `data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"stream","index_sent":${index},"micros_sent":${clockMicros()},"choices":[{"index":0,"delta":{"content":"word "},"finish_reason":${finish}}]}\n\n`
}

/** The end of a stream. */
export const lastFrame = "data: [DONE]\n\n"

/** What every event of a stream brings, so that it can be counted in any protocol. */
export const eventWord = "word "

/** The events of a stream of Claude with the same words, without those that only begin and end it. */
export const claudeFrame = `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${eventWord}"}}\n\n`

/** What a stream of Claude begins with. Source: Claude API, streaming messages. */
export const claudeHead =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_bench","type":"message","role":"assistant","model":"burst","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":200,"output_tokens":1}}}\n\n' +
  'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'

/** What a stream of Claude ends with. */
export const claudeTail =
  'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n' +
  'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":50}}\n\n' +
  'event: message_stop\ndata: {"type":"message_stop"}\n\n'

/** One event of a stream of Gemini with the same word, as server-sent events. */
export const geminiFrame = `data: {"candidates":[{"content":{"role":"model","parts":[{"text":"${eventWord}"}]},"index":0}]}\n\n`

/** What a stream of Gemini ends with. */
export const geminiTail =
  'data: {"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":200,"candidatesTokenCount":50,"totalTokenCount":250}}\n\n'

/** Key that the load's requests carry and the proxy under test asks for. Both are on loopback, and gone in a moment. */
export const clientKey = "client-7f3a2c"
