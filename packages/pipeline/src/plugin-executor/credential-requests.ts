import { executorHttpRequest, type PluginCallError, statusOrOk } from "@cliproxy/abi"
import { Effect, Schema } from "effect"

import type { CallbackScopes } from "../plugin-host/callback-scopes.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"
import { callCapability } from "./call-capability.ts"
import { executorNow } from "./plugin-executor.ts"
import type { PluginModels } from "./plugin-models.ts"

/** A raw HTTP request that is to be sent with a credential. */
export interface CredentialRequest {
  readonly method: string
  /** Absolute. */
  readonly url: string
  readonly headers: Readonly<Record<string, ReadonlyArray<string>>>
  readonly body: Uint8Array
}

/** What came back; any status is an answer. */
export interface CredentialAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, ReadonlyArray<string>>>
  readonly body: Uint8Array
}

/** There is no stored credential of this index, or no plugin that executes for its provider. */
export class CredentialNotServed extends Schema.TaggedError<CredentialNotServed>()("CredentialNotServed", {
  message: Schema.String
}) {}

/** Sends a request with the stored credential of this index. */
export type SendWithCredential = (
  index: string,
  request: CredentialRequest
) => Effect.Effect<CredentialAnswer, CredentialNotServed | PluginCallError>

/** What sending such requests needs. */
export interface CredentialRequestOptions {
  readonly plugins: Pick<PluginHost, "active" | "fuse">
  readonly scopes: CallbackScopes
  /** What plugins serve now. */
  readonly models: () => PluginModels
  /** Deadline in milliseconds. */
  readonly deadlineMs: number
}

/**
 * Makes the function that sends raw requests with stored credentials. The plugin that executes for the credential's
 * provider signs and sends them: only it understands the credential. Source: plugin ABI, `executor.http_request`.
 */
export const makeSendWithCredential =
  ({ deadlineMs, models, plugins, scopes }: CredentialRequestOptions): SendWithCredential =>
  (index, { body, headers, method, url }) =>
    Effect.suspend((): ReturnType<SendWithCredential> => {
      const { credentials, executors } = models()
      const credential = credentials.find((offer) => offer.credential.index === index)?.credential
      if (credential === undefined) return notServed(`there is no stored credential with the index ${index}`)
      const { id, provider } = credential.candidate
      const executor = executors.get(provider)
      const plugin = executor === undefined ? undefined : executorNow(plugins, executor)?.plugin
      if (plugin === undefined) return notServed(`no plugin executes for ${provider}, the provider of the credential`)
      return Effect.acquireUseRelease(
        Effect.sync(() => scopes.open({ plugin: plugin.id, proxyUrl: credential.proxyUrl })),
        (scope) =>
          callCapability(
            plugins,
            plugin,
            executorHttpRequest,
            {
              AuthID: id,
              AuthProvider: provider,
              Method: method,
              URL: url,
              Headers: headers,
              Body: body,
              StorageJSON: credential.storageJson,
              Metadata: credential.metadata,
              Attributes: credential.attributes,
              host_callback_id: scope.id
            },
            { deadlineMs }
          ),
        (scope) => Effect.sync(scope.close)
      ).pipe(
        Effect.map(({ Body, Headers, StatusCode }) => ({
          status: statusOrOk(StatusCode),
          headers: Headers,
          body: Body
        }))
      )
    })

const notServed = (message: string): Effect.Effect<never, CredentialNotServed> =>
  Effect.fail(new CredentialNotServed({ message }))
