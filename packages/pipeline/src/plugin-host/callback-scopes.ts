import { makeFinalizers } from "./finalizers.ts"

/** What is known about the client's request that a plugin works for. */
export interface RequestContext {
  /** UUID of the request, as in logs and in `x-request-id`. */
  readonly id: string
  /** Canonical header names to values, as the client sent them: the defaults of nested model executions. */
  readonly headers: Readonly<Record<string, ReadonlyArray<string>>>
  /** The URL's query, percent-decoded: the default of nested model executions. */
  readonly query: Readonly<Record<string, ReadonlyArray<string>>>
  /** Who the client is, for whom nested model executions are made, too. */
  readonly principal?: string | undefined
}

/** What a scope connects host calls with. */
export interface ScopeOptions {
  /** ID of the plugin that is called. */
  readonly plugin: string
  /** The client's request; none when the call serves no request, such as a refresh. */
  readonly request?: RequestContext | undefined
  /**
   * Aborted when the request has ended, however it ended: HTTP exchanges and nested executions of the plugin end with
   * it. Left out for `request.complete` and `thinking.apply`, which go on after a request is cancelled.
   */
  readonly signal?: AbortSignal | undefined
  /** Proxy of the credential in use, which may hold a password. Counts when there is no proxy for everything. */
  readonly proxyUrl?: string | undefined
}

/** An open scope, as host calls find it. */
export interface CallbackScope extends ScopeOptions {
  /** Decimal text, unique in this process: `host_callback_id`. */
  readonly id: string
  /** Registers what must not outlive the plugin's call. Gives a function that takes it back. */
  readonly onClose: (finalizer: () => void) => () => void
}

/** A scope in the hands of the one who opened it. */
export interface OpenedScope {
  /** What the plugin gets as `host_callback_id`. */
  readonly id: string
  /** Ends the scope: its ID means nothing any more, its finalizers run. A second call does nothing. */
  readonly close: () => void
}

/**
 * Connects what plugins ask of the host with the request that made the host call them: the host opens a scope before
 * a call, sends its ID along, and closes it after the call. An ID is no permission: who calls is known from the
 * connection. Source: plugin ABI, `host_callback_id`.
 */
export interface CallbackScopes {
  readonly open: (options: ScopeOptions) => OpenedScope
  /** The open scope of this ID. A missing, unknown or closed one is no error: the call has no request then. */
  readonly find: (id: string) => CallbackScope | undefined
  /** The open scopes of calls to a plugin. */
  readonly of: (plugin: string) => ReadonlyArray<CallbackScope>
  /** How many scopes are open. */
  readonly size: () => number
}

/** Makes a registry of callback scopes. IDs count up from 1 and are never used again. */
export const makeCallbackScopes = (): CallbackScopes => {
  const scopes = new Map<string, CallbackScope>()
  let last = 0
  return {
    open: (options) => {
      const id = String(++last)
      const finalizers = makeFinalizers()
      scopes.set(id, { ...options, id, onClose: finalizers.add })
      return {
        id,
        close: () => {
          scopes.delete(id)
          finalizers.run()
        }
      }
    },
    find: (id) => scopes.get(id),
    of: (plugin) => [...scopes.values()].filter((scope) => scope.plugin === plugin),
    size: () => scopes.size
  }
}
