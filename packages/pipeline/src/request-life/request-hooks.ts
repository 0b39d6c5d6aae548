import type { Capabilities } from "@cliproxy/abi"

import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"

/**
 * Every place in a request's life where plugins take part, in the order in which a request comes by, and how their
 * results combine. Each list is in priority order. `model.route`, `scheduler.pick` and `executor.*` choose who serves a
 * request and are not hooks; see `plugin-executor/` and `schedule.ts`.
 */
export interface RequestHooks {
  /**
   * `request.intercept_before` once, `request.intercept_after` before each attempt: a chain, in which each sees what
   * the one before it left, until one terminates the request. A failure is logged, and the chain goes on without it.
   */
  readonly requestInterceptors: ReadonlyArray<ActivePlugin>
  /** `request.normalize`: a chain over the body. Failures and empty bodies leave it as it is. */
  readonly requestNormalizers: ReadonlyArray<ActivePlugin>
  /** `request.translate`, where the host has no translator of its own: the first body that is not empty. */
  readonly requestTranslators: ReadonlyArray<ActivePlugin>
  /** `thinking.apply`: the one owner of the target format; see `think.ts`. */
  readonly thinkingAppliers: ReadonlyArray<ActivePlugin>
  /** `response.normalize_before`: a chain over the upstream's body, or over each frame of a stream. */
  readonly responseBefore: ReadonlyArray<ActivePlugin>
  /** `response.translate`, where the host has no translator of its own: the first body that is not empty. */
  readonly responseTranslators: ReadonlyArray<ActivePlugin>
  /** `response.normalize_after`: a chain over the client's body, or over each frame that translation gave. */
  readonly responseAfter: ReadonlyArray<ActivePlugin>
  /** `response.intercept_after`: a chain over whole, successful answers. A failure is logged and skipped. */
  readonly responseInterceptors: ReadonlyArray<ActivePlugin>
  /** `response.intercept_stream_chunk`: a chain over each chunk, until one drops it. A failure is logged and skipped. */
  readonly streamInterceptors: ReadonlyArray<ActivePlugin>
  /** `request.complete`: all at once, nobody waits. A failure is logged. */
  readonly lifecycle: ReadonlyArray<ActivePlugin>
  /** `usage.handle`: all in turn, one record after another, nobody waits. Failures are ignored. */
  readonly usage: ReadonlyArray<ActivePlugin>
}

/** Sorts active plugins by the hooks that they have. `active` is in priority order. */
export const requestHooks = (active: ReadonlyArray<ActivePlugin>): RequestHooks => {
  const having = (flag: keyof Capabilities): ReadonlyArray<ActivePlugin> =>
    active.filter(({ registration }) => registration.capabilities[flag] === true)
  return {
    requestInterceptors: having("request_interceptor"),
    requestNormalizers: having("request_normalizer"),
    requestTranslators: having("request_translator"),
    thinkingAppliers: having("thinking_applier"),
    responseBefore: having("response_before_translator"),
    responseTranslators: having("response_translator"),
    responseAfter: having("response_after_translator"),
    responseInterceptors: having("response_interceptor"),
    streamInterceptors: having("response_stream_interceptor"),
    lifecycle: having("request_lifecycle_plugin"),
    usage: having("usage_plugin")
  }
}

/** Gives the hooks of the plugins that are active now. They are sorted once per active set, not per request. */
export const activeRequestHooks = (plugins: Pick<PluginHost, "active">): (() => RequestHooks) => {
  let activeSet: ReadonlyArray<ActivePlugin> | undefined
  let hooks: RequestHooks = requestHooks([])
  return () => {
    const active = plugins.active()
    if (active !== activeSet) {
      activeSet = active
      hooks = requestHooks(active)
    }
    return hooks
  }
}

/**
 * The hooks of an execution that a plugin has started itself: it takes part in none of its interceptors and gets no
 * completion for it. Source: plugin ABI, `host.model`.
 */
export const hooksWithout = (hooks: RequestHooks, plugin: string): RequestHooks => {
  const others = (list: ReadonlyArray<ActivePlugin>) => list.filter(({ id }) => id !== plugin)
  return {
    ...hooks,
    requestInterceptors: others(hooks.requestInterceptors),
    responseInterceptors: others(hooks.responseInterceptors),
    streamInterceptors: others(hooks.streamInterceptors),
    lifecycle: others(hooks.lifecycle)
  }
}
