import { authParse, authRecords, type HostConfigSummary } from "@cliproxy/abi"
import { Effect, Result } from "effect"

import { callCapability } from "../plugin-executor/call-capability.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"
import { type AuthPlugin, ownerOf } from "./auth-plugins.ts"
import { withRenewedStates } from "./renewed-states.ts"
import {
  type CredentialFile,
  credentialOfFile,
  credentialsOfRecords,
  type StoredCredential
} from "./stored-credential.ts"

/** What parsing a file needs. */
export interface ParseOptions {
  readonly plugins: Pick<PluginHost, "active" | "fuse">
  readonly owners: ReadonlyArray<AuthPlugin>
  readonly host: HostConfigSummary
  /** Deadline of each call in milliseconds. */
  readonly deadlineMs: number
}

/**
 * Finds the credentials of a file. A file with a type is read by the plugin that owns it; one without a type by the
 * first plugin that wants it, until one fails. What no plugin reads becomes one credential of the file's type. Source:
 * plugin ABI, `auth.parse`.
 */
export const parseCredentials = Effect.fnUntraced(function* (
  file: CredentialFile,
  raw: Uint8Array,
  { deadlineMs, host, owners, plugins }: ParseOptions
): Effect.fn.Return<ReadonlyArray<StoredCredential>> {
  const { type } = file.settings
  const owner = ownerOf(owners, type)
  for (const { plugin, provider } of type === "" ? owners : owner === undefined ? [] : [owner]) {
    const request = { Provider: provider, Path: file.path, FileName: file.name, RawJSON: raw, Host: host }
    const answer = yield* callCapability(plugins, plugin, authParse, request, { deadlineMs }).pipe(
      Effect.map((parsed) => (parsed.Handled ? credentialsOfRecords(file, authRecords(parsed, provider)) : undefined)),
      Effect.catch((error) => Effect.succeed(Result.fail(error.message)))
    )
    if (answer === undefined) continue
    if (Result.isSuccess(answer)) return yield* withRenewedStates(file.path, answer.success)
    yield* Effect.logWarning(`plugin ${plugin.id} did not read the credential file ${file.name}: ${answer.failure}`)
    break
  }
  return [credentialOfFile(file)]
})
