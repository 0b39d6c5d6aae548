import { executorHttpRequest, type PluginCallError, statusOrOk } from "@cliproxy/abi"
import { Effect } from "effect"

import type { CallbackScopes } from "../plugin-host/callback-scopes.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"
import { callCapability } from "./call-capability.ts"
import type { PluginCredential } from "./plugin-credential.ts"
import type { PluginExecutor } from "./plugin-executor.ts"

/** A raw HTTP request that is to be sent with a credential. */
export interface CredentialHttpRequest {
  readonly executor: PluginExecutor
  readonly credential: PluginCredential
  readonly method: string
  /** Absolute. */
  readonly url: string
  readonly headers: Readonly<Record<string, ReadonlyArray<string>>>
  readonly body: Uint8Array
}

/** What came back. */
export interface CredentialHttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, ReadonlyArray<string>>>
  readonly body: Uint8Array
}

/** What sending such requests needs. */
export interface CredentialHttpOptions {
  readonly plugins: Pick<PluginHost, "fuse">
  readonly scopes: CallbackScopes
  /** Deadline in milliseconds. */
  readonly deadlineMs: number
}

/**
 * Sends a request through the plugin that knows how to sign it: only the plugin understands its credentials. Any
 * status is a success. Source: plugin ABI, `executor.http_request`.
 */
export const sendWithCredential = (
  { deadlineMs, plugins, scopes }: CredentialHttpOptions,
  { body, credential, executor: { plugin }, headers, method, url }: CredentialHttpRequest
): Effect.Effect<CredentialHttpAnswer, PluginCallError> =>
  Effect.acquireUseRelease(
    Effect.sync(() => scopes.open({ plugin: plugin.id, proxyUrl: credential.proxyUrl })),
    (scope) =>
      callCapability(
        plugins,
        plugin,
        executorHttpRequest,
        {
          AuthID: credential.candidate.id,
          AuthProvider: credential.candidate.provider,
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
    Effect.map(({ Body, Headers, StatusCode }) => ({ status: statusOrOk(StatusCode), headers: Headers, body: Body }))
  )
