import {
  Gateway,
  type GatewayError,
  type ClientRequest,
  type ModelListing,
  type ResponseSink
} from "@cliproxy/pipeline"
import { Effect, Layer } from "effect"

/** What a scripted gateway does with one chat completion. */
export type ChatScript = (request: ClientRequest, sink: ResponseSink) => Effect.Effect<void, GatewayError>

/** Models of the scripted gateway. */
export const scriptedModels: ReadonlyArray<ModelListing> = [
  { id: "demo", ownedBy: "demo", created: 1_700_000_000 },
  { id: "team/large model", ownedBy: "other", created: 1_700_000_001 }
]

/** A gateway that does what the test says. */
export const scriptedGateway = (generate: ChatScript): Layer.Layer<Gateway> =>
  Layer.succeed(Gateway, {
    generate,
    models: Effect.succeed(scriptedModels),
    configure: () => Effect.succeed([])
  })

/** Answers with one whole JSON body. */
export const answerJson =
  (body: unknown): ChatScript =>
  (_request, sink) =>
    Effect.sync(() => {
      sink.start(200, { "content-type": "application/json" })
      sink.write(Buffer.from(JSON.stringify(body)))
      sink.end()
    })

/** Starts an event stream and sends these events at once; neither `[DONE]` nor the end. */
export const startEvents = (sink: ResponseSink, ...events: ReadonlyArray<string>) =>
  Effect.sync(() => {
    sink.start(200, { "content-type": "text/event-stream" })
    for (const event of events) sink.write(Buffer.from(event))
  })
