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

/** A chat request of about 1 KB for one of the models. */
export const chatRequest = (kind: AnswerKind): Buffer =>
  Buffer.from(
    JSON.stringify({
      model: kind,
      stream: kind !== "whole",
      messages: [
        { role: "system", content: "You are a benchmark." },
        { role: "user", content: "Say something. ".repeat(60) }
      ]
    })
  )

/** Key that the load's requests carry and the proxy under test asks for. Both are on loopback, and gone in a moment. */
export const clientKey = "client-7f3a2c"
