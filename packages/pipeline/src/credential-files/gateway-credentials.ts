import { type AuthData, HostConfigSummary, zeroValue } from "@cliproxy/abi"
import { Effect, type Scope } from "effect"

import type { KnownCredential } from "../decision-trace/credential-reports.ts"
import type { CallPluginUpstream } from "../plugin-executor/plugin-upstream.ts"
import type { PluginCredential } from "../plugin-executor/plugin-credential.ts"
import type { CallbackScopes } from "../plugin-host/callback-scopes.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"
import type { GatewaySettings } from "../settings.ts"
import { type CredentialStore, makeCredentialStore } from "./credential-store.ts"
import { type LoginSessions, makeLoginSessions } from "./login-sessions.ts"
import { makeCredentialRefresh } from "./refresh.ts"
import { pluginCredentialOf, type StoredCredential } from "./stored-credential.ts"

/** Credentials from files, as a gateway uses them. */
export interface GatewayCredentials {
  readonly store: CredentialStore
  readonly logins: LoginSessions
  /** Reads the directory; to be run after each configuration pass. */
  readonly load: (settings: Pick<GatewaySettings, "authDir" | "proxyUrl">) => Effect.Effect<void>
  /** All credentials, as the executors of plugins see them. */
  readonly current: () => ReadonlyArray<PluginCredential>
  /** All credentials, as reports on them need them. */
  readonly known: () => ReadonlyArray<KnownCredential>
  /** Takes the new state of a credential that a plugin gave along with its models. Not told to listeners. */
  readonly takeUpdate: (credential: PluginCredential, update: AuthData) => Effect.Effect<void>
  /**
   * Attempts that renew their credential once when the plugin answers 401, and then try again with what is new. When
   * the credential was renewed while the attempt was under way, that is what is tried.
   */
  readonly renewing: (call: CallPluginUpstream) => CallPluginUpstream
}

/** What the plugins may know of a host with these settings. */
export const hostConfigOf = ({
  authDir,
  proxyUrl
}: Pick<GatewaySettings, "authDir" | "proxyUrl">): HostConfigSummary => ({
  ...zeroValue(HostConfigSummary),
  AuthDir: authDir ?? "",
  ProxyURL: proxyUrl ?? ""
})

/** Makes the credentials of a gateway. They are renewed, and their directory is watched, until the scope closes. */
export const openGatewayCredentials = Effect.fnUntraced(function* (
  plugins: Pick<PluginHost, "active" | "fuse">,
  scopes: CallbackScopes
): Effect.fn.Return<GatewayCredentials, never, Scope.Scope> {
  const store = yield* makeCredentialStore(plugins)
  const { look, refresh, renewalOf } = yield* makeCredentialRefresh({ store, plugins, scopes })

  /** Made once for each state: what is sent to plugins is written and hashed, and thousands are asked for at a time. */
  const shapes = new WeakMap<StoredCredential, PluginCredential>()
  const pluginShape = (stored: StoredCredential): PluginCredential => {
    const known = shapes.get(stored)
    if (known !== undefined) return known
    const made = pluginCredentialOf(stored)
    shapes.set(stored, made)
    return made
  }

  /** The credential in a newer state than `used`; undefined when there is none to be had. */
  const renewed = Effect.fnUntraced(function* (used: PluginCredential) {
    const newer = (): PluginCredential | undefined => {
      const stored = store.find(used.candidate.id)
      const now = stored === undefined ? undefined : pluginShape(stored)
      return now?.fingerprint === used.fingerprint ? undefined : now
    }
    const already = newer()
    if (already !== undefined) return already
    return (yield* refresh(used.candidate.id)) === "refreshed" ? newer() : undefined
  })

  return {
    store,
    logins: makeLoginSessions({ store, plugins, scopes }),
    load: (settings) => Effect.map(store.load({ dir: settings.authDir, host: hostConfigOf(settings) }), () => look()),
    current: () => store.credentials().map(pluginShape),
    known: () =>
      store.credentials().map((stored) => {
        const { candidate, index } = pluginShape(stored)
        return { candidate, index, renewal: renewalOf(stored.id) }
      }),
    takeUpdate: ({ candidate: { id } }, update) =>
      store
        .update(id, update, { maps: "merge", quiet: true })
        .pipe(
          Effect.catch(({ message }) =>
            Effect.logWarning(`the new state of credential ${id} is not stored: ${message}`)
          )
        ),
    renewing: (call) => (attempt) =>
      Effect.catchTag(call(attempt), "ExecutorRefused", (refused) => {
        const { credential } = attempt
        if (refused.status !== 401 || credential === undefined) return Effect.fail(refused)
        return Effect.flatMap(renewed(credential), (fresh) =>
          fresh === undefined ? Effect.fail(refused) : call({ ...attempt, credential: fresh })
        )
      })
  }
})
