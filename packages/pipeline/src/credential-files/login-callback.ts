import { isLoginState, normalizeIdentifier } from "@cliproxy/abi"
import { Effect, Result, Schema } from "effect"
import { rm } from "node:fs/promises"
import { join } from "node:path"

import { type CredentialFileError, writeCredentialFile } from "./credential-directory.ts"

/** What a provider's log-in page said when it sent the person's browser back. Texts are trimmed; blank for none. */
export interface LoginCallback {
  /** Blank: the provider that the log-in is for. */
  readonly provider: string
  readonly state: string
  /** One-time secret that the plugin exchanges for tokens. */
  readonly code: string
  /** Why the page gave no code. */
  readonly error: string
}

/** A callback belongs to no log-in that waits for one. `status` is the HTTP status for the one who sent it. */
export class LoginCallbackRefused extends Schema.TaggedError<LoginCallbackRefused>()("LoginCallbackRefused", {
  message: Schema.String,
  status: Schema.Literals([400, 404, 409, 500])
}) {}

/** Says what is wrong with a callback by itself. */
export const checkCallback = ({ code, error, state }: LoginCallback): Result.Result<void, LoginCallbackRefused> => {
  const refuse = (message: string) => Result.fail(new LoginCallbackRefused({ message, status: 400 }))
  if (state === "") return refuse("state is required")
  if (!isLoginState(state)) return refuse("invalid state")
  return code === "" && error === "" ? refuse("code or error is required") : Result.void
}

/** Whether a callback that names a provider names this one. */
export const isFor = (callback: LoginCallback, provider: string): boolean =>
  callback.provider === "" || normalizeIdentifier(callback.provider) === provider

/** Where plugins look for the callback of a log-in. Hidden, and no JSON file, so that nobody takes it for a credential. */
const callbackFile = (dir: string, provider: string, state: string): string =>
  join(dir, `.oauth-${provider}-${state}.oauth`)

/**
 * Leaves a callback in the credential directory, as `.oauth-<provider>-<state>.oauth`: where plugins that were written
 * for CLIProxyAPI look when they are polled. Only its owner can read it.
 */
export const writeCallback = (
  dir: string,
  provider: string,
  { code, error, state }: LoginCallback
): Effect.Effect<void, CredentialFileError> =>
  writeCredentialFile(callbackFile(dir, provider, state), Buffer.from(JSON.stringify({ code, state, error })))

/** Removes what {@link writeCallback} left, if the plugin has not. */
export const removeCallback = (dir: string, provider: string, state: string): Effect.Effect<void> =>
  Effect.promise(() => rm(callbackFile(dir, provider, state), { force: true }).catch(() => undefined))
