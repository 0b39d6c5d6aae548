import type { ContractMethod } from "@cliproxy/abi"

import { operatorSamples } from "./operator-samples.ts"
import { type Known, ownMetadata as own, type Sample, type Samples } from "./sample.ts"

const text = (value: string) => Buffer.from(value).toString("base64")
const json = (value: unknown) => text(JSON.stringify(value))

const chat = { model: "sample", messages: [{ role: "user", content: "Hello, who are you?" }], max_tokens: 64 }
const completion = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 0,
  model: "sample",
  choices: [
    { index: 0, message: { role: "assistant", content: "write to jane@example.invalid" }, finish_reason: "stop" }
  ],
  usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 }
}
const chunk = (content: string) => ({
  object: "chat.completion.chunk",
  choices: [{ index: 0, delta: { content }, finish_reason: null }]
})
const stored = (provider: string) => ({ type: provider, token: "sample-token", email: "jane@example.invalid" })
const headers = { "Content-Type": ["application/json"], "User-Agent": ["sample/1"] }
const metadata = { requested_model: "sample", request_path: "/v1/chat/completions" }

const call = (known: Known) => ({
  AuthID: "sample.json",
  AuthProvider: known.identifier,
  Model: "sample",
  Format: known.outputFormat,
  SourceFormat: known.inputFormat,
  Headers: headers,
  OriginalRequest: json(chat),
  Payload: json(chat),
  Metadata: metadata,
  StorageJSON: json(stored(known.identifier)),
  AuthMetadata: stored(known.identifier),
  AuthAttributes: { path: "/credentials/sample.json" },
  host_callback_id: "1"
})

const intercepted = {
  RequestID: "0d0c6f0e-7c37-4f4e-9a53-0e2f4b8f7f11",
  TraceID: "9f3a01bc",
  SourceFormat: "openai",
  Model: "sample",
  RequestedModel: "sample",
  Headers: headers,
  Body: json(chat),
  Metadata: metadata,
  host_callback_id: "1"
}

const translated = (what: string, from: string, to: string, body: unknown): Sample => ({
  what,
  fields: { FromFormat: from, ToFormat: to, Model: "sample", Body: typeof body === "string" ? text(body) : json(body) }
})

const responses: ReadonlyArray<Sample> = [
  translated("a chat completion", "codex", "openai", completion),
  translated("text that is not JSON", "codex", "openai", "data: [DONE]"),
  {
    what: "a frame of a stream",
    fields: {
      FromFormat: "codex",
      ToFormat: "openai",
      Stream: true,
      OriginalRequest: json(chat),
      TranslatedRequest: json(chat),
      Body: json(chunk("hi"))
    }
  }
]

const requests: ReadonlyArray<Sample> = [
  translated("a chat request", "openai", "openai", chat),
  translated("a request for much", "claude", "openai", { ...chat, max_tokens: 1_000_000 }),
  translated("text that is not JSON", "openai", "claude", "?")
]

const responded = {
  RequestID: intercepted.RequestID,
  SourceFormat: "openai",
  Model: "sample",
  RequestedModel: "sample",
  RequestHeaders: headers,
  ResponseHeaders: { "Content-Type": ["application/json"], Server: ["upstream"] },
  OriginalRequest: json(chat),
  RequestBody: json(chat),
  Metadata: metadata,
  host_callback_id: "1"
}

const times = { StartedAt: "2030-01-01T00:00:00Z", CompletedAt: "2030-01-01T00:00:00.812Z" }
const candidates = ["a.json", "b.json", "c.json"].map((ID) => ({ ID, Provider: "sample", Status: "active" }))

const bare: Sample = { what: "without fields", fields: {} }

const samples: Samples = {
  ...operatorSamples,
  "model.register": (known) => [{ what: "the list of models", fields: own(known) }],
  "model.static": (known) => [
    { what: "the list of models", fields: { ...own(known), Host: { AuthDir: "/credentials" } } }
  ],
  "model.for_auth": (known) => [
    {
      what: "a credential",
      fields: {
        ...own(known),
        AuthID: "sample.json",
        AuthProvider: known.identifier,
        StorageJSON: json(stored(known.identifier)),
        Metadata: stored(known.identifier),
        host_callback_id: "1"
      }
    }
  ],
  "auth.parse": (known) => [
    {
      what: "a file of its own type",
      fields: {
        Provider: known.identifier,
        Path: "/credentials/sample.json",
        FileName: "sample.json",
        RawJSON: json(stored(known.identifier))
      }
    },
    {
      what: "a file of another type",
      fields: { Provider: "other", FileName: "o.json", RawJSON: json(stored("other")) }
    },
    { what: "a file that is not JSON", fields: { Provider: known.identifier, FileName: "x.json", RawJSON: text("{") } }
  ],
  "auth.login.start": (known) => [
    {
      what: "a log-in",
      fields: { Provider: known.identifier, BaseURL: "http://127.0.0.1:8317/x", host_callback_id: "1" }
    }
  ],
  "auth.login.poll": (known) => [
    ...(known.login === undefined
      ? []
      : [
          {
            what: "the log-in that it began",
            fields: {
              Provider: known.identifier,
              State: known.login.state,
              Metadata: known.login.metadata,
              host_callback_id: "1"
            }
          }
        ]),
    {
      what: "a log-in that it does not know",
      fields: { Provider: known.identifier, State: "unknown", host_callback_id: "1" }
    }
  ],
  "auth.refresh": (known) => [
    {
      what: "a credential",
      fields: {
        AuthID: "sample.json",
        AuthProvider: known.identifier,
        StorageJSON: json(stored(known.identifier)),
        Metadata: stored(known.identifier),
        host_callback_id: "1"
      }
    }
  ],
  "frontend_auth.authenticate": () => [
    {
      what: "a client without a key",
      fields: { Method: "POST", Path: "/v1/chat/completions", Headers: headers, Body: json(chat) }
    },
    {
      what: "a client with a key",
      fields: {
        Method: "GET",
        Path: "/v1/models",
        Headers: { Authorization: ["Bearer sample"], "X-Api-Key": ["sample"] }
      }
    }
  ],
  "scheduler.pick": (known) => [
    {
      what: "three candidates",
      fields: {
        ...own(known),
        Providers: ["sample"],
        Model: "sample",
        Options: { Headers: headers, Metadata: metadata },
        Candidates: candidates
      }
    },
    {
      what: "one candidate",
      fields: { ...own(known), Model: "sample", Stream: true, Candidates: candidates.slice(1, 2) }
    }
  ],
  "model.route": (known) => [
    {
      what: "a request",
      fields: {
        ...own(known),
        PluginID: known.pluginId,
        SourceFormat: "openai",
        RequestedModel: "sample",
        Headers: headers,
        Body: json(chat),
        Metadata: metadata,
        AvailableProviders: ["demo", "sample"],
        host_callback_id: "1"
      }
    },
    {
      what: "a request when there is no provider",
      fields: { ...own(known), RequestedModel: "sample", Body: json(chat) }
    }
  ],
  "executor.execute": (known) => [
    { what: "a request", fields: call(known) },
    { what: "a body that is not JSON", fields: { ...call(known), Payload: text("?") } }
  ],
  "executor.execute_stream": (known) => [
    { what: "a stream", fields: { ...call(known), Stream: true, stream_id: "sample-stream" } }
  ],
  "executor.count_tokens": (known) => [{ what: "a request", fields: call(known) }],
  "executor.http_request": (known) => [
    {
      what: "a request",
      fields: {
        AuthID: "sample.json",
        AuthProvider: known.identifier,
        Method: "GET",
        URL: "https://provider.example.invalid/v1/usage",
        Headers: { Accept: ["application/json"] },
        Metadata: stored(known.identifier),
        host_callback_id: "1"
      }
    }
  ],
  "request.translate": () => requests,
  "request.normalize": () => requests,
  "request.intercept_before": () => [
    { what: "a request", fields: intercepted },
    { what: "a body that is not JSON", fields: { ...intercepted, Body: text("\u0000") } }
  ],
  "request.intercept_after": () => [
    {
      what: "an attempt",
      fields: { ...intercepted, ToFormat: "openai", Metadata: { ...metadata, selected_auth_id: "a.json" } }
    }
  ],
  "request.complete": () =>
    (["succeeded", "failed", "rejected", "canceled"] as const).map((Outcome) => ({
      what: `a request that ${Outcome === "succeeded" || Outcome === "failed" ? Outcome : `was ${Outcome}`}`,
      fields: {
        RequestID: intercepted.RequestID,
        SourceFormat: "openai",
        Model: "sample",
        RequestedModel: "sample",
        Outcome,
        StatusCode: { succeeded: 200, failed: 502, rejected: 403, canceled: 0 }[Outcome],
        Error: Outcome === "failed" ? "upstream reset" : "",
        ...times,
        Metadata: metadata,
        host_callback_id: "1"
      }
    })),
  "response.translate": () => responses,
  "response.normalize_before": () => responses,
  "response.normalize_after": () => responses,
  "response.intercept_after": () => [
    { what: "a whole answer", fields: { ...responded, StatusCode: 200, Body: json(completion) } }
  ],
  "response.intercept_stream_chunk": () => [
    { what: "the headers of a stream", fields: { ...responded, ChunkIndex: -1 } },
    { what: "the first chunk", fields: { ...responded, ChunkIndex: 0, Body: json(chunk("hi")) } },
    {
      what: "a chunk that says nothing",
      fields: { ...responded, ChunkIndex: 1, Body: json(chunk("")), HistoryChunks: [json(chunk("hi"))] }
    },
    { what: "a chunk that is not JSON", fields: { ...responded, ChunkIndex: 2, Body: text(": keep-alive") } }
  ],
  "websocket.response_event": () => [
    {
      what: "an event",
      fields: {
        SourceFormat: "codex",
        Model: "sample",
        EventType: "sample.event",
        Payload: json({ type: "sample.event" }),
        host_callback_id: "1"
      }
    }
  ],
  "thinking.apply": (known) =>
    ["budget", "level", "none", "auto", "unheard-of"].map((Mode) => ({
      what: `the mode ${Mode}`,
      fields: {
        Provider: known.identifier,
        Model: { ID: "sample", Thinking: { Min: 0, Max: 8192, Levels: ["low", "high"] } },
        Config: { Mode, Budget: Mode === "budget" ? 2048 : 0, Level: Mode === "level" ? "high" : "" },
        Body: json(chat),
        host_callback_id: "1"
      }
    })),
  "usage.handle": () => [
    {
      what: "an attempt that succeeded",
      fields: {
        Provider: "sample",
        Model: "sample",
        APIKey: "client",
        AuthID: "a.json",
        Generate: true,
        RequestedAt: times.StartedAt,
        Latency: 812_000_000,
        TTFT: 120_000_000,
        Detail: { InputTokens: 11, OutputTokens: 7, TotalTokens: 18 }
      }
    },
    {
      what: "an attempt that failed",
      fields: {
        Provider: "sample",
        Failed: true,
        Failure: { StatusCode: 500, Body: 'no "quotes" \u2028 left' },
        RequestedAt: times.StartedAt
      }
    }
  ]
}

/** Requests to exercise a method with: those of an ordinary day first, then odd ones. The last has no field at all. */
export const samplesOf = (method: ContractMethod, known: Known): ReadonlyArray<Sample> => [
  ...(samples[method]?.(known) ?? []),
  bare
]
