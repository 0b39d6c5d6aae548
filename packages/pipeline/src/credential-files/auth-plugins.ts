import { authIdentifier, normalizeIdentifier } from "@cliproxy/abi"
import { Effect } from "effect"

import { callCapability } from "../plugin-executor/call-capability.ts"
import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"

/** A plugin that owns the credentials of a provider. */
export interface AuthPlugin {
  readonly plugin: ActivePlugin
  /** Provider key, lower-case. */
  readonly provider: string
}

/** Deadlines of calls about credentials, in milliseconds. */
export interface AuthDeadlines {
  readonly identifyMs: number
  readonly parseMs: number
  /** `auth.login.start` and `auth.login.poll`: a person waits, and the plugin asks its provider. */
  readonly loginMs: number
  /** `auth.refresh`: nobody waits, or a request that would fail without it. */
  readonly refreshMs: number
}

/** Default deadlines. */
export const AUTH_DEADLINES: AuthDeadlines = { identifyMs: 5_000, parseMs: 10_000, loginMs: 60_000, refreshMs: 60_000 }

/**
 * Asks the active plugins which providers' credentials they own, all at the same time. Gives them in priority order:
 * the first one with a provider owns it. A plugin that fails, or names no provider, owns nothing. Source: plugin ABI,
 * `auth.identifier`.
 */
export const collectAuthPlugins = (
  plugins: Pick<PluginHost, "active" | "fuse">,
  identifyMs: number
): Effect.Effect<ReadonlyArray<AuthPlugin>> =>
  Effect.suspend(() =>
    Effect.forEach(
      plugins.active().filter(({ registration }) => registration.capabilities.auth_provider),
      (plugin) =>
        callCapability(plugins, plugin, authIdentifier, {}, { deadlineMs: identifyMs }).pipe(
          Effect.map(({ identifier }) => ({ plugin, provider: normalizeIdentifier(identifier) })),
          Effect.catch((error) =>
            Effect.as(
              Effect.logWarning(`plugin ${plugin.id} did not say whose credentials it owns: ${error.message}`),
              { plugin, provider: "" }
            )
          )
        ),
      { concurrency: "unbounded" }
    )
  ).pipe(Effect.map((found) => found.filter(({ provider }) => provider !== "")))

/** The plugin that owns a provider's credentials. */
export const ownerOf = (owners: ReadonlyArray<AuthPlugin>, provider: string): AuthPlugin | undefined =>
  owners.find((owner) => owner.provider === provider)
