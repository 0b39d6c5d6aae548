import type { PluginCallError } from "@cliproxy/abi"
import type { Effect } from "effect"

import type { OpenOptions } from "./open-plugin.ts"
import type { HostCallService, PluginConnection } from "./plugin-connection.ts"

/** When a plugin whose process ended is started again. */
export interface RestartPolicy {
  /** Milliseconds before the second start in a row; the first is made at once, each further one waits twice as long. */
  readonly firstDelayMs: number
  /** Longest wait in milliseconds. */
  readonly maxDelayMs: number
  /** Longest wait in milliseconds for a process that was killed from outside (SIGKILL). */
  readonly maxKilledDelayMs: number
  /** Milliseconds after which a process counts as healthy: the next crash is the first again. */
  readonly healthyAfterMs: number
  /**
   * Crashes in a row after which the plugin stays off. Being killed from outside is none: no fault of a plugin ends its
   * process with SIGKILL.
   */
  readonly fuseAfter: number
  /** Milliseconds that a call may run on after its deadline before its process is replaced. */
  readonly stuckAfterMs: number
  /** Milliseconds that a replaced process has for the calls it still runs. */
  readonly drainMs: number
}

/** Defaults of `RestartPolicy`. */
export const defaultRestartPolicy: RestartPolicy = {
  firstDelayMs: 200,
  maxDelayMs: 30_000,
  maxKilledDelayMs: 1000,
  healthyAfterMs: 60_000,
  fuseAfter: 5,
  stuckAfterMs: 1000,
  drainMs: 30_000
}

/** What to open in a process of its own, and what to do when that process is replaced. */
export interface IsolatedOptions extends Omit<OpenOptions, "onHostCall"> {
  /** Answers the plugin's calls to the host. Default: refuses them. */
  readonly onHostCall?: OpenOptions["onHostCall"]
  /**
   * Makes what answers the host calls of one process, in place of `onHostCall`; asked anew for each process that takes
   * another's place, so that what one left open can be told from what the next opens.
   */
  readonly connectHost?: () => HostCallService
  /**
   * Brings a new process to the state of the one it replaces, before it gets calls: for a gateway, `plugin.register`
   * with the current settings. Not run for the first process. `predecessor` calls the process that is being replaced in
   * good order, which still serves; there is none after a crash, nor when it is replaced because it hangs.
   */
  readonly prepare?: (
    call: PluginConnection["call"],
    predecessor: PluginConnection["call"] | undefined
  ) => Effect.Effect<void, PluginCallError>
  readonly restart?: Partial<RestartPolicy>
  /** Most threads in the process that may run calls at the same time. Default 1,024. */
  readonly maxThreads?: number
  /**
   * Variables of this process's environment that the plugin's process does not get, such as those that hold secrets of
   * the gateway's. It gets all others.
   */
  readonly withheldVariables?: ReadonlyArray<string>
  /** Longest answer in bytes that is taken. Default 256 MiB. */
  readonly maxAnswerBytes?: number
}

/** A plugin in a process of its own: it can be replaced, and its statistics name the process. */
export type IsolatedPlugin = PluginConnection & Required<Pick<PluginConnection, "replace">>
