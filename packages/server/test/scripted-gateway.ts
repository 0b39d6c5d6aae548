import {
  Gateway,
  type GatewayError,
  type ClientRequest,
  type ModelListing,
  type ResponseSink
} from "@cliproxy/pipeline"
import { Effect, Layer } from "effect"

/** What was asked of a scripted gateway. */
export type Operation = "generate" | "countTokens" | "completions" | "embeddings"

/** What a scripted gateway does with one request. */
export type ChatScript = (
  request: ClientRequest,
  sink: ResponseSink,
  operation: Operation
) => Effect.Effect<void, GatewayError>

/** Models of the scripted gateway. */
export const scriptedModels: ReadonlyArray<ModelListing> = [
  { id: "demo", ownedBy: "demo", created: 1_700_000_000 },
  { id: "team/large model", ownedBy: "other", created: 1_700_000_001 }
]

/** A gateway that does what the test says. */
export const scriptedGateway = (script: ChatScript, ready: () => boolean = () => true): Layer.Layer<Gateway> => {
  const by = (operation: Operation) => (request: ClientRequest, sink: ResponseSink) => script(request, sink, operation)
  return Layer.succeed(Gateway, {
    generate: by("generate"),
    countTokens: by("countTokens"),
    completions: by("completions"),
    embeddings: by("embeddings"),
    models: Effect.succeed(scriptedModels),
    model: (id) => Effect.succeed(scriptedModels.find((model) => model.id === id)),
    ready: Effect.sync(ready),
    configure: () => Effect.succeed([])
  })
}

/** Answers with one whole JSON body. */
export const answerJson =
  (body: unknown) =>
  (_request: ClientRequest, sink: ResponseSink): Effect.Effect<void> =>
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
