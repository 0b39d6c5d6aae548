import { clientCodecs, type ProviderProtocol, type StreamEvent, type TranslationContext } from "@cliproxy/pipeline"

/** A text of `events` deltas, then two tool calls: what a model streams when it works. */
const canonicalStream = (events: number): ReadonlyArray<StreamEvent> => [
  { type: "start", id: "answer-1", model: "bench" },
  { type: "part_start", choice: 0, part: 0, value: { type: "text" } },
  ...Array.from({ length: events }, (_, index): StreamEvent => ({
    type: "text",
    choice: 0,
    part: 0,
    text: index % 5 === 0 ? ` größer_${index}` : ` token`
  })),
  { type: "part_end", choice: 0, part: 0 },
  ...[1, 2].flatMap((part): ReadonlyArray<StreamEvent> => [
    { type: "part_start", choice: 0, part, value: { type: "tool_call", id: `call_${part}`, name: "read_file" } },
    { type: "arguments", choice: 0, part, json: `{"path":"src/part_${part}.ts"}` },
    { type: "part_end", choice: 0, part }
  ]),
  { type: "usage", usage: { inputTokens: 1200, outputTokens: events } },
  { type: "finish", choice: 0, reason: "tool_calls" },
  { type: "end" }
]

/** The bytes of a provider's stream with `events` pieces of text, in chunks as a socket gives them. */
export const streamChunks = (
  protocol: ProviderProtocol,
  events: number,
  context: TranslationContext
): ReadonlyArray<Buffer> => {
  const encoder = clientCodecs[protocol].makeStreamEncoder(context)
  const chunks: Array<Buffer> = []
  for (const event of canonicalStream(events)) {
    encoder.push(event, (data, name) => {
      chunks.push(Buffer.from(name === undefined ? `data: ${data}\n\n` : `event: ${name}\ndata: ${data}\n\n`))
    })
  }
  return chunks
}
