import { authRefresh, type PluginCallError } from "@cliproxy/abi"
import { Clock, Deferred, Effect, Exit, Latch, Scope, Semaphore } from "effect"
import { createHash } from "node:crypto"

import { shortMessage } from "../decision-trace/short-message.ts"
import { callCapability } from "../plugin-executor/call-capability.ts"
import type { CallbackScopes } from "../plugin-host/callback-scopes.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"
import { AUTH_DEADLINES, type AuthDeadlines, collectAuthPlugins, ownerOf } from "./auth-plugins.ts"
import { openCallScope } from "./call-scope.ts"
import type { CredentialStore } from "./credential-store.ts"
import { renewalBeforeExpiry } from "./expiry.ts"
import { withLockFile } from "./lock-file.ts"
import { redactCredential } from "./redact-credential.ts"
import { renewedElsewhere } from "./renewed-elsewhere.ts"
import { storageBytes, type StoredCredential } from "./stored-credential.ts"

/** How a refresh ended. */
export type RefreshOutcome =
  | "refreshed"
  /** No plugin owns its provider, or it is gone: nothing was done. */
  | "nothing to do"
  | "failed"

/** How a credential is renewed. Times are in milliseconds since the epoch. */
export interface CredentialRenewal {
  /** When it was renewed last. */
  readonly lastAt?: number
  /** When it is renewed next without being asked for; in the past while it waits for its turn. Left out: not at all. */
  readonly nextAt?: number
  /** Why it could not be renewed last. */
  readonly lastError?: string
  /** Whether its provider refused to renew it: it is not tried again before its file changes. */
  readonly refused: boolean
}

/** Renews credentials through the plugins that own them. */
export interface CredentialRefresh {
  /**
   * Renews a credential now, for instance after its provider answered 401. Gateways that share the directory do so one
   * after another, and take over what another one has renewed: many providers take a token back once it was used. Whoever
   * asks while it is being renewed gets the same outcome. Interrupting it ends the wait, not the refresh.
   */
  readonly refresh: (id: string) => Effect.Effect<RefreshOutcome>
  /** Looks at once who is due; to be called after the directory was read. Changes of single credentials are seen anyway. */
  readonly look: () => void
  /** How a credential is renewed; undefined when there is none of this ID. */
  readonly renewalOf: (id: string) => CredentialRenewal | undefined
}

/** Settings of `makeCredentialRefresh`. */
export interface RefreshOptions {
  readonly store: CredentialStore
  readonly plugins: Pick<PluginHost, "active" | "fuse">
  readonly scopes: CallbackScopes
  readonly deadlines?: AuthDeadlines
}

/** Refreshes at the same time. */
const WORKERS = 16

/** Milliseconds after a failed refresh. Source: plugin ABI, `auth.refresh`. */
const BACK_OFF_MS = 5 * 60_000

/** Least milliseconds between two refreshes of a credential that says again and again that it is due. */
const LEAST_INTERVAL_MS = 30_000

/**
 * Milliseconds that refreshes which are under way get when the gateway ends. The provider may have taken the old token
 * back already: then the new one is all that there is.
 */
const LAST_WORD_MS = 10_000

/** Longest that the loop sleeps, in milliseconds: clocks are set, and machines sleep. */
const LONGEST_SLEEP_MS = 60_000

/**
 * Renews credentials when they are due, until the scope closes, and whenever asked. What is under way then may finish. A credential is due at the time
 * that its plugin named, else when the `refresh_interval_seconds` of its file have passed, else shortly before the time
 * at which it says itself that it expires. After a failure it rests for five minutes; a refusal with 401 takes it out of
 * the loop until its file changes. Source: plugin ABI, `auth.refresh`.
 */
export const makeCredentialRefresh = ({
  deadlines = AUTH_DEADLINES,
  plugins,
  scopes,
  store
}: RefreshOptions): Effect.Effect<CredentialRefresh, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    /** Where refreshes run: they outlive the loop that began them. */
    const renewals = yield* Scope.make()
    let closing = false
    const workers = yield* Semaphore.make(WORKERS)
    /** By credential ID. */
    const running = new Map<string, Deferred.Deferred<RefreshOutcome>>()
    /** By credential ID: not before this time, in milliseconds since 1970. */
    const rests = new Map<string, number>()
    /** Those whose plugin has been asked, and has not answered yet. */
    const asked = new Set<Deferred.Deferred<RefreshOutcome>>()

    /** `seen` is the state of the credential that is to be renewed: when there is a newer one, that is what was wanted. */
    const ask = Effect.fnUntraced(function* (seen: StoredCredential) {
      const credential = yield* store.reread(seen.id)
      if (credential === undefined) return "nothing to do"
      if (renewedElsewhere(seen, credential)) {
        store.note(credential.id, { lastRefresh: credential.updatedAt })
        rests.set(credential.id, (yield* Clock.currentTimeMillis) + LEAST_INTERVAL_MS)
        return "refreshed"
      }
      const owner = ownerOf(yield* collectAuthPlugins(plugins, deadlines.identifyMs), credential.provider)
      if (owner === undefined) {
        rests.set(credential.id, (yield* Clock.currentTimeMillis) + BACK_OFF_MS)
        return "nothing to do"
      }
      const { attributes, id, metadata, provider, proxyUrl } = credential
      const answer = yield* Effect.acquireUseRelease(
        Effect.sync(() => openCallScope(scopes, owner.plugin.id, proxyUrl)),
        (opened) =>
          callCapability(
            plugins,
            owner.plugin,
            authRefresh,
            {
              AuthID: id,
              AuthProvider: provider,
              StorageJSON: storageBytes(credential),
              Metadata: metadata,
              Attributes: attributes,
              Host: store.source().host,
              host_callback_id: opened.id
            },
            { deadlineMs: deadlines.refreshMs }
          ),
        (opened, exit) => Effect.sync(() => opened.end(exit))
      )
      const { Auth, NextRefreshAfter } = answer
      const nextRefreshAfter = NextRefreshAfter ?? Auth.NextRefreshAfter
      yield* store.update(id, Auth, { maps: "replace" })
      const now = yield* Clock.currentTimeMillis
      // A plugin that names no new time does not mean the old one again.
      store.note(id, { lastRefresh: new Date(now), nextRefreshAfter, refreshError: "", unauthorized: false })
      rests.set(id, now + LEAST_INTERVAL_MS)
      return "refreshed"
    })

    const attempt = (credential: StoredCredential): Effect.Effect<RefreshOutcome> =>
      ask(credential).pipe(
        Effect.catch((error) =>
          Effect.gen(function* () {
            rests.set(credential.id, (yield* Clock.currentTimeMillis) + BACK_OFF_MS)
            const why = shortMessage(redactCredential(error.message, credential))
            store.note(credential.id, { refreshError: why, unauthorized: isRefusal(error) })
            yield* Effect.logWarning(`credential ${credential.id} could not be refreshed: ${why}`)
            return "failed" as const
          })
        ),
        Effect.catchDefect((defect) =>
          Effect.as(
            Effect.logError(`the host failed to refresh credential ${credential.id}`, defect),
            "failed" as const
          )
        )
      )

    /** Runs in the store's life, not in the caller's: others may be waiting for it, too. */
    const renew = Effect.fnUntraced(function* (credential: StoredCredential) {
      const { id } = credential
      const known = running.get(id)
      if (known !== undefined) return yield* Deferred.await(known)
      const outcome = Deferred.makeUnsafe<RefreshOutcome>()
      running.set(id, outcome)
      const turn = withLockFile(
        lockedPath(credential),
        Effect.suspend(() => {
          if (closing) return Effect.interrupt
          asked.add(outcome)
          return attempt(credential)
        })
      )
      yield* workers
        .withPermits(1)(turn)
        .pipe(
          Effect.onExit((exit) =>
            Effect.suspend(() => {
              running.delete(id)
              asked.delete(outcome)
              return Deferred.done(outcome, exit)
            })
          ),
          Effect.forkIn(renewals)
        )
      return yield* Deferred.await(outcome)
    })

    const refresh = Effect.fnUntraced(function* (id: string) {
      const credential = store.find(id)
      return credential === undefined ? ("nothing to do" as const) : yield* renew(credential)
    })

    /** When a credential is to be renewed, in milliseconds since 1970; undefined for never. */
    const dueAt = (credential: StoredCredential): number | undefined => {
      if (credential.unauthorized) return undefined
      const { lastRefresh, nextRefreshAfter, settings, updatedAt } = credential
      const interval = settings.refreshIntervalSeconds * 1000
      const due =
        nextRefreshAfter?.getTime() ??
        (interval > 0 ? (lastRefresh ?? updatedAt).getTime() + interval : renewalBeforeExpiry(credential))
      return due === undefined ? undefined : Math.max(due, rests.get(credential.id) ?? 0)
    }

    /** Open when credentials have changed since the loop has looked at them. */
    const changed = Latch.makeUnsafe()
    const look = (): void => void changed.openUnsafe()
    const stopListening = store.onChange(look)
    yield* Effect.addFinalizer(() => Effect.sync(stopListening))
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        closing = true
        const answered = Effect.forEach(asked, (outcome) => Effect.exit(Deferred.await(outcome)), {
          concurrency: "unbounded",
          discard: true
        })
        return Effect.andThen(
          Effect.timeoutOption(answered, LAST_WORD_MS),
          Scope.close(renewals, Exit.succeed(undefined))
        )
      })
    )
    yield* Effect.gen(function* () {
      for (;;) {
        changed.closeUnsafe()
        const now = yield* Clock.currentTimeMillis
        let next = now + LONGEST_SLEEP_MS
        const due: Array<StoredCredential> = []
        for (const credential of store.credentials()) {
          const at = running.has(credential.id) ? undefined : dueAt(credential)
          if (at !== undefined && at <= now) due.push(credential)
          else if (at !== undefined) next = Math.min(next, at)
        }
        for (const id of rests.keys()) if (store.find(id) === undefined) rests.delete(id)
        yield* Effect.forEach(due, (credential) => Effect.forkIn(renew(credential), scope), { discard: true })
        yield* Effect.race(Effect.sleep(next - now), changed.await)
      }
    }).pipe(Effect.forkIn(scope))
    return {
      refresh,
      look,
      renewalOf: (id) => {
        const credential = store.find(id)
        if (credential === undefined) return undefined
        const { lastRefresh, refreshError, unauthorized } = credential
        const nextAt = dueAt(credential)
        return {
          ...(lastRefresh === null ? {} : { lastAt: lastRefresh.getTime() }),
          ...(nextAt === undefined ? {} : { nextAt }),
          ...(refreshError === "" ? {} : { lastError: refreshError }),
          refused: unauthorized
        }
      }
    }
  })

/** What is locked while a credential is renewed: its file, or its part in one that holds several. */
const lockedPath = ({ id, path, virtual }: StoredCredential): string =>
  virtual ? `${path}.${createHash("sha256").update(id).digest("hex").slice(0, 16)}` : path

const isRefusal = (error: PluginCallError | { readonly _tag: "CredentialFileError" }): boolean =>
  error._tag === "PluginRefused" && error.httpStatus === 401
