import { Context, type Effect } from "effect"

import type { ProtocolName } from "./canonical/extensions.ts"
import type { ClientAuth } from "./client-auth/client-auth.ts"
import type { RequestTarget } from "./codecs/codec.ts"
import type { CommandLine } from "./command-line/command-line.ts"
import type { CredentialFiles } from "./credential-files/credential-files.ts"
import type { LoginSessions } from "./credential-files/login-sessions.ts"
import type { GatewayInsight } from "./decision-trace/gateway-insight.ts"
import type { GatewayError } from "./gateway-error.ts"
import type { ManagementRoutes } from "./management-routes/management-routes.ts"
import type { PluginControl } from "./plugin-control/plugin-control.ts"
import type { SendWithCredential } from "./plugin-executor/credential-requests.ts"
import type { ResponseSink } from "./response-sink.ts"
import type { GatewaySettings } from "./settings.ts"

/** One request of a client, authenticated and read. */
export interface ClientRequest {
  /** UUID of this request; in logs and in the `x-request-id` response header. */
  readonly id: string
  /** Path of the route, such as `/v1/chat/completions`. */
  readonly path: string
  /** The protocol of the body, and of the answer; `openai` when it is left out. */
  readonly protocol?: ProtocolName
  /** Model and stream, where the protocol has them in the path: Gemini. Else they are in the body. */
  readonly target?: RequestTarget
  /** Variant of the route: Gemini's query parameter `alt`, such as `sse`. */
  readonly alt?: string
  /** Canonical header names (`Content-Type`) to values. */
  readonly headers: Readonly<Record<string, ReadonlyArray<string>>>
  /** The body's bytes, untouched. */
  readonly body: Uint8Array
  /** The body, parsed once: a JSON object. */
  readonly json: Readonly<Record<string, unknown>>
  /** The earlier answer of the Responses API that the request goes on from; its conversation is in the body already. */
  readonly previousResponseId?: string | undefined
  /** ID of the client's HTTP request, when this request is not that one but made by a plugin on its behalf. */
  readonly traceId?: string
  /** When all of it had been read, as `performance.now()` says; when it comes to the gateway, if it is left out. */
  readonly receivedAt?: number
  /** The URL's query, percent-decoded, names to values; none when it is left out. */
  readonly query?: Readonly<Record<string, ReadonlyArray<string>>>
  /** Who the client is: the principal that authentication gave. Never a key. */
  readonly principal?: string | undefined
}

/** A model that can be called, for model lists. */
export interface ModelListing {
  /** Name that clients use. */
  readonly id: string
  /** Provider key. */
  readonly ownedBy: string
  /** Unix seconds. */
  readonly created: number
  /** Name for people, when one is known. */
  readonly displayName?: string | undefined
  /** Tokens that the model takes, when that is known. */
  readonly contextLength?: number | undefined
}

/** What was wrong with one plugin in a configuration pass; the others are not affected. */
export interface PluginProblem {
  readonly plugin: string
  readonly message: string
}

/** What plugins add to the doors of a gateway, and what the doors can ask of plugins. */
export interface GatewayPlugins {
  readonly clientAuth: ClientAuth
  readonly management: Pick<ManagementRoutes, "find" | "list">
  readonly commandLine: CommandLine
  readonly control: PluginControl
  readonly logins: LoginSessions
  /** Credentials in files, for operators. */
  readonly credentialFiles: CredentialFiles
  /** Sends a raw HTTP request with a stored credential, through the plugin that executes for its provider. */
  readonly sendWithCredential: SendWithCredential
}

/** The pipeline as its doors see it. */
export class Gateway extends Context.Service<
  Gateway,
  {
    /**
     * Serves one request for an answer of a model, streamed or not, in the protocol of the request. Interrupting it
     * aborts the provider's request.
     */
    readonly generate: (request: ClientRequest, sink: ResponseSink) => Effect.Effect<void, GatewayError>
    /** Answers how many input tokens a request has, in the protocol of the request. */
    readonly countTokens: (request: ClientRequest, sink: ResponseSink) => Effect.Effect<void, GatewayError>
    /** Serves one of OpenAI's older text completions, as a chat completion. */
    readonly completions: (request: ClientRequest, sink: ResponseSink) => Effect.Effect<void, GatewayError>
    /** Passes a request for embeddings, in OpenAI's protocol, on to a provider that speaks it. */
    readonly embeddings: (request: ClientRequest, sink: ResponseSink) => Effect.Effect<void, GatewayError>
    /** Models that at least one enabled credential serves, sorted by ID. */
    readonly models: Effect.Effect<ReadonlyArray<ModelListing>>
    /** What a model list would say of one model; also of one that is served without being listed. */
    readonly model: (id: string) => Effect.Effect<ModelListing | undefined>
    /** Whether any model can be served: not before there was a configuration, and not with one that enables nobody. */
    readonly ready: Effect.Effect<boolean>
    /** Replaces the settings: credentials, routing, plugins. Requests under way go on with what they have. */
    readonly configure: (settings: GatewaySettings) => Effect.Effect<ReadonlyArray<PluginProblem>>
    /** What operators can see. Absent in a gateway that writes nothing down. */
    readonly insight?: GatewayInsight
    /** Absent in a gateway that has no plugins. */
    readonly plugins?: GatewayPlugins
  }
>()("@cliproxy/pipeline/Gateway") {}
