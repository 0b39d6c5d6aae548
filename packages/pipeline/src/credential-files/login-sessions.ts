import {
  type AuthData,
  authFileName,
  authLoginPoll,
  authLoginStart,
  authRecords,
  isLoginState,
  loginStatus,
  normalizeIdentifier
} from "@cliproxy/abi"
import { Clock, Effect, Result, Schema, Semaphore } from "effect"

import { callCapability, currentPlugin } from "../plugin-executor/call-capability.ts"
import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import type { CallbackScopes } from "../plugin-host/callback-scopes.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"
import { AUTH_DEADLINES, type AuthDeadlines, collectAuthPlugins, ownerOf } from "./auth-plugins.ts"
import { openCallScope } from "./call-scope.ts"
import type { CredentialStore } from "./credential-store.ts"
import type { JsonObject } from "../canonical/json.ts"
import {
  checkCallback,
  isFor,
  type LoginCallback,
  LoginCallbackRefused,
  removeCallback,
  writeCallback
} from "./login-callback.ts"
import { readStorage } from "./stored-credential.ts"

/** A log-in could not begin. `status` is the HTTP status for the one who asked. */
export class LoginNotStarted extends Schema.TaggedError<LoginNotStarted>()("LoginNotStarted", {
  message: Schema.String,
  status: Schema.Literals([404, 500, 502])
}) {}

/** A log-in that has begun. */
export interface StartedLogin {
  /** Address for the person to open. */
  readonly url: string
  /** Names the log-in in `poll`. */
  readonly state: string
}

/** How a log-in stands, in the words of the management API. */
export type LoginState =
  | { readonly status: "wait" }
  | { readonly status: "ok" }
  /** Not known, expired, or failed. */
  | { readonly status: "error"; readonly error: string }

/** Log-ins of people at the providers of plugins. */
export interface LoginSessions {
  /** Begins a log-in. `callbackUrl` is the address on this machine that takes the callback of the log-in page. */
  readonly start: (provider: string, callbackUrl: string) => Effect.Effect<StartedLogin, LoginNotStarted>
  /** Asks how a log-in stands. On success its credentials have been saved. Never fails: errors are a state. */
  readonly poll: (state: string) => Effect.Effect<LoginState>
  /**
   * Takes what the provider's page sent back. The plugin finds it at the next poll: in `Metadata.oauth_callback`, and in
   * the credential directory.
   */
  readonly receive: (callback: LoginCallback) => Effect.Effect<void, LoginCallbackRefused>
}

/** Milliseconds for which a log-in stays open. Source: plugin ABI, `auth.login.start`. */
const SESSION_MS = 30 * 60_000

/** Log-ins that may be open at the same time; the oldest makes room. */
const MAX_SESSIONS = 1000

interface Session {
  readonly provider: string
  readonly plugin: ActivePlugin
  readonly metadata: Readonly<Record<string, unknown>>
  /** What the provider's page sent back, when it has. */
  callback: LoginCallback | undefined
  readonly expiresAt: number
  readonly turn: Semaphore.Semaphore
  /** How it ended: what every later poll gets. */
  end: LoginState | undefined
}

/** Settings of `makeLoginSessions`. */
export interface LoginOptions {
  readonly store: CredentialStore
  readonly plugins: Pick<PluginHost, "active" | "fuse">
  readonly scopes: CallbackScopes
  readonly deadlines?: AuthDeadlines
}

/** Makes an empty set of log-ins. Source: plugin ABI, `auth.login.*`. */
export const makeLoginSessions = ({
  deadlines = AUTH_DEADLINES,
  plugins,
  scopes,
  store
}: LoginOptions): LoginSessions => {
  /** By state, the oldest first. */
  const sessions = new Map<string, Session>()

  const withScope = <A, E>(plugin: ActivePlugin, use: (id: string) => Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.acquireUseRelease(
      Effect.sync(() => openCallScope(scopes, plugin.id, "")),
      ({ id }) => use(id),
      ({ end }, exit) => Effect.sync(() => end(exit))
    )

  /** What a callback left behind is of no use when the log-in has ended: it holds a code. */
  const cleanUp = (state: string, session: Session): Effect.Effect<void> => {
    const { dir } = store.source()
    return session.callback === undefined || dir === undefined
      ? Effect.void
      : removeCallback(dir, session.provider, state)
  }

  const forget = (state: string, session: Session): Effect.Effect<void> => {
    sessions.delete(state)
    return cleanUp(state, session)
  }

  const start = Effect.fnUntraced(function* (name: string, callbackUrl: string) {
    const provider = normalizeIdentifier(name)
    const owner = ownerOf(yield* collectAuthPlugins(plugins, deadlines.identifyMs), provider)
    if (owner === undefined) {
      return yield* new LoginNotStarted({ message: `no plugin logs in to ${provider}`, status: 404 })
    }
    const { plugin } = owner
    const answer = yield* withScope(plugin, (scope) =>
      callCapability(
        plugins,
        plugin,
        authLoginStart,
        {
          Provider: provider,
          BaseURL: callbackUrl,
          Host: store.source().host,
          Metadata: {},
          host_callback_id: scope
        },
        { deadlineMs: deadlines.loginMs }
      )
    ).pipe(Effect.mapError(({ message }) => new LoginNotStarted({ message, status: 500 })))
    const state = answer.State
    if (!isLoginState(state)) {
      return yield* new LoginNotStarted({ message: "the plugin named the log-in by an invalid state", status: 502 })
    }
    const now = yield* Clock.currentTimeMillis
    for (const [key, session] of sessions) {
      if (session.expiresAt <= now || sessions.size >= MAX_SESSIONS || key === state) yield* forget(key, session)
    }
    sessions.set(state, {
      provider,
      plugin,
      metadata: answer.Metadata,
      callback: undefined,
      expiresAt: now + SESSION_MS,
      turn: yield* Semaphore.make(1),
      end: undefined
    })
    return { url: answer.URL, state }
  })

  const ask = (state: string, session: Session): Effect.Effect<LoginState> =>
    withScope(session.plugin, (scope) =>
      callCapability(
        plugins,
        currentPlugin(plugins, session.plugin) ?? session.plugin,
        authLoginPoll,
        {
          Provider: session.provider,
          State: state,
          Host: store.source().host,
          Metadata: { ...session.metadata, ...callbackMetadata(session) },
          host_callback_id: scope
        },
        { deadlineMs: deadlines.loginMs }
      )
    ).pipe(
      Effect.flatMap((answer): Effect.Effect<LoginState, { readonly message: string }> => {
        const status = loginStatus(answer)
        if (status === "pending") return Effect.succeed({ status: "wait" })
        if (status === "error") return Effect.fail({ message: answer.Message.trim() || "Authentication failed" })
        const files = filesOf(authRecords(answer, session.provider))
        return Result.isFailure(files)
          ? Effect.fail({ message: files.failure })
          : Effect.as(store.writeAll(files.success), { status: "ok" } as const)
      }),
      Effect.catch(({ message }) => Effect.succeed({ status: "error", error: message } as const))
    )

  const poll = Effect.fnUntraced(function* (state: string) {
    const session = sessions.get(state)
    if (session === undefined) return unknown
    if (session.expiresAt <= (yield* Clock.currentTimeMillis)) return yield* Effect.as(forget(state, session), unknown)
    // One at a time: a second success would save everything twice.
    return yield* session.turn.withPermits(1)(
      Effect.suspend(() =>
        session.end === undefined
          ? Effect.tap(ask(state, session), (now) => {
              if (now.status === "wait") return Effect.void
              session.end = now
              return cleanUp(state, session)
            })
          : Effect.succeed(session.end)
      )
    )
  })

  const receive = Effect.fnUntraced(function* (callback: LoginCallback) {
    yield* Effect.fromResult(checkCallback(callback))
    const { state } = callback
    const session = sessions.get(state)
    if (session === undefined || session.expiresAt <= (yield* Clock.currentTimeMillis)) {
      return yield* new LoginCallbackRefused({ message: unknown.error, status: 404 })
    }
    if (!isFor(callback, session.provider)) {
      return yield* new LoginCallbackRefused({ message: "provider does not match state", status: 400 })
    }
    if (session.end !== undefined) {
      const message = session.end.status === "error" ? session.end.error : "the log-in is already completed"
      return yield* new LoginCallbackRefused({ message, status: 409 })
    }
    session.callback = callback
    const { dir } = store.source()
    if (dir === undefined) return
    yield* writeCallback(dir, session.provider, callback).pipe(
      Effect.tapError(({ message }) => Effect.logWarning(`the callback of a log-in was not stored: ${message}`)),
      Effect.mapError(() => new LoginCallbackRefused({ message: "failed to persist the callback", status: 500 }))
    )
  })

  return { start, poll, receive }
}

const unknown = { status: "error", error: "unknown or expired state" } as const

const callbackMetadata = ({ callback }: Session): Readonly<Record<string, unknown>> => {
  if (callback === undefined) return {}
  const { code, error, state } = callback
  return { oauth_callback: { code, state, error } }
}

/** The files of a log-in's records. Fails with a sentence when one record cannot be stored: then none is. */
export const filesOf = (
  records: ReadonlyArray<AuthData>
): Result.Result<ReadonlyArray<{ readonly name: string; readonly json: JsonObject }>, string> => {
  const files: Array<{ readonly name: string; readonly json: JsonObject }> = []
  for (const record of records) {
    if (record.Provider === "") return Result.fail("a credential of the log-in has no provider")
    const name = authFileName(record.FileName.trim() || withJson(record.ID.trim()))
    if (Result.isFailure(name)) return Result.fail(`a credential of the log-in cannot be stored: ${name.failure}`)
    if (files.some((file) => file.name === name.success)) {
      return Result.fail(`two credentials of the log-in have the file ${name.success}`)
    }
    const storage = readStorage(record)
    if (Result.isFailure(storage)) return Result.fail(`a credential of the log-in has no valid ${storage.failure}`)
    const json = {
      ...storage.success,
      ...(record.Disabled ? { disabled: true } : {}),
      ...record.Metadata,
      type: record.Provider
    }
    files.push({ name: name.success, json })
  }
  return Result.succeed(files)
}

const withJson = (id: string): string => (id === "" || id.toLowerCase().endsWith(".json") ? id : `${id}.json`)
