import type { JsonObject } from "../../../src/canonical/json.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import type { TranslationContext } from "../../../src/codecs/codec.ts"
import { openaiResponsesClient } from "../../../src/codecs/openai-responses/codec.ts"

/** One server-sent event as text. */
export const frame = (data: string, event: string | undefined): string => `event: ${event}\ndata: ${data}\n\n`

/** The stream that the encoder writes for these events. */
export const writtenStream = (events: ReadonlyArray<StreamEvent>, context: TranslationContext): string => {
  const encoder = openaiResponsesClient.makeStreamEncoder(context)
  let sse = ""
  for (const event of events) {
    encoder.push(event, (data, name) => {
      sse += frame(data, name)
    })
  }
  return sse
}

/** The `data` of each event of a stream that this codec wrote; its name must be its type. */
export const eventsOf = (sse: string): ReadonlyArray<JsonObject> =>
  sse
    .split("\n\n")
    .filter((text) => text !== "")
    .map((text) => {
      const [, name, data] = /^event: (.+)\ndata: ([^\r\n]+)$/.exec(text) ?? []
      const json = JSON.parse(data ?? "null") as JsonObject
      if (json["type"] !== name) throw new Error(`an event is called ${name}, and is ${data}`)
      return json
    })
