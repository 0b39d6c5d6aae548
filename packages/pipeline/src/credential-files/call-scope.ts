import { Exit } from "effect"

import type { CallbackScopes } from "../plugin-host/callback-scopes.ts"

/** The scope of a call that serves no client's request. */
export interface CallScope {
  /** What the plugin gets as `host_callback_id`. */
  readonly id: string
  /** Closes the scope. When the call did not end well, what the plugin began for it is cancelled. */
  readonly end: (exit: Exit.Exit<unknown, unknown>) => void
}

/** Opens a scope for a call of a plugin, with the proxy of the credential that it is about; empty for none. */
export const openCallScope = (scopes: CallbackScopes, plugin: string, proxyUrl: string): CallScope => {
  const cancelled = new AbortController()
  const { close, id } = scopes.open({ plugin, signal: cancelled.signal, proxyUrl: proxyUrl || undefined })
  return {
    id,
    end: (exit) => {
      if (Exit.isFailure(exit)) cancelled.abort()
      close()
    }
  }
}
