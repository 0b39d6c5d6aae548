import type { Contract, PluginCallError, PluginMethod } from "@cliproxy/abi"
import { Effect } from "effect"

import { currentPlugin } from "../plugin-executor/call-capability.ts"
import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import { callPlugin } from "../plugin-host/call-plugin.ts"
import type { CallbackScopes, ScopeOptions } from "../plugin-host/callback-scopes.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"

/** How a failed call of a hook is told to people. */
export type FailureReport = "warning" | "debug" | "silent"

/** One call of a hook. */
export interface HookCall<Request, Answer> {
  readonly plugin: ActivePlugin
  readonly contract: Contract<PluginMethod, Request, Answer>
  /** Makes the request, for a call in a scope with its ID. Called at most once. */
  readonly request: (callbackId: string) => Request
  /** What the plugin's host calls are to be connected with; none for methods that have no scope. */
  readonly scope?: Omit<ScopeOptions, "plugin"> | undefined
  /** Milliseconds. */
  readonly deadlineMs: number
  /** Default: `warning`. */
  readonly onFailure?: FailureReport
}

/**
 * Calls a hook. It never fails: when the plugin fails, refuses, is late, has crashed or is no longer active, the answer
 * is `undefined`, and the request goes on as if the plugin had nothing to say.
 */
export type CallHook = <Request, Answer>(call: HookCall<Request, Answer>) => Effect.Effect<Answer | undefined>

/** Makes the function that calls hooks. When the host's own code breaks during a call, the plugin is fused. */
export const makeCallHook =
  (plugins: Pick<PluginHost, "active" | "fuse">, scopes: CallbackScopes): CallHook =>
  <Request, Answer>(call: HookCall<Request, Answer>) =>
    Effect.suspend(() => {
      const plugin = currentPlugin(plugins, call.plugin)
      if (plugin === undefined) return Effect.succeed(undefined)
      const { contract, deadlineMs } = call
      const scope = call.scope === undefined ? undefined : scopes.open({ ...call.scope, plugin: plugin.id })
      const called = Effect.suspend(() =>
        callPlugin(plugin.connection, contract, call.request(scope?.id ?? ""), { deadlineMs })
      )
      return (scope === undefined ? called : Effect.onExit(called, () => Effect.sync(scope.close))).pipe(
        Effect.catch((error: PluginCallError) => Effect.as(report(call, error), undefined)),
        Effect.catchDefect((defect) => Effect.as(plugins.fuse(plugin, defect), undefined))
      )
    })

const report = <Request, Answer>(
  { plugin, contract, onFailure = "warning" }: HookCall<Request, Answer>,
  error: PluginCallError
): Effect.Effect<void> => {
  if (onFailure === "silent") return Effect.void
  // That a plugin is not there is told by the host, once and not for every call.
  const loud = onFailure === "warning" && error._tag !== "PluginUnavailable"
  const log = loud ? Effect.logWarning : Effect.logDebug
  return log(`${contract.method} failed, and the request goes on without plugin ${plugin.id}: ${error.message}`).pipe(
    Effect.annotateLogs({ plugin: plugin.id })
  )
}
