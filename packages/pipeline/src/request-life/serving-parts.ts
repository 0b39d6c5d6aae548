import type { Strategy } from "@cliproxy/scheduler"

import type { FailureRules } from "../failover/attempt-outcome.ts"
import type { ChooseCredential } from "../credentials/choose-credential.ts"
import type { CredentialPools } from "../credentials/credential-pools.ts"
import type { RequestTracing } from "../decision-trace/request-tracing.ts"
import type { FailOver } from "../failover/failover.ts"
import type { Fallbacks } from "../models/model-fallbacks.ts"
import type { ModelRegistry } from "../models/model-registry.ts"
import type { CallUpstream } from "../provider/http-upstream.ts"
import type { DecideRoute } from "../plugin-executor/decide-route.ts"
import type { PluginExecutor } from "../plugin-executor/plugin-executor.ts"
import type { CallPluginUpstream } from "../plugin-executor/plugin-upstream.ts"
import type { Translation } from "../plugin-executor/translation.ts"
import type { Sessions } from "../session-affinity/sessions.ts"
import type { Background } from "./background.ts"
import type { CallHook } from "./hook-calls.ts"
import type { HookDeadlines } from "./hook-deadlines.ts"
import type { RequestHooks } from "./request-hooks.ts"
import type { UsageQueue } from "./usage-queue.ts"

/** One set of settings, made ready. A request keeps the one it began with. */
export interface Serving {
  readonly registry: ModelRegistry
  readonly strategy: Strategy
  readonly failOver: FailOver
  /** What the operator says about failures, besides what is said for single providers. */
  readonly failureRules: FailureRules
  /** Models that stand in for others. */
  readonly fallbacks: Fallbacks | undefined
  /** Whether an upstream's headers reach clients. */
  readonly passthroughHeaders: boolean
  /** By plugin ID: executors that a router may choose. */
  readonly executors: ReadonlyMap<string, PluginExecutor>
}

/** What serving requests is made of. */
export interface ServingParts {
  /** What is configured now. */
  readonly serving: () => Serving
  /** Who takes part now. */
  readonly hooks: () => RequestHooks
  readonly translation: (hooks: RequestHooks) => Translation
  readonly callHook: CallHook
  readonly deadlines: HookDeadlines
  readonly pools: CredentialPools
  readonly tracing: RequestTracing
  readonly sessions: Pick<Sessions, "of">
  readonly decideRoute: DecideRoute
  readonly chooseCredential: ChooseCredential
  readonly callUpstream: CallUpstream
  readonly callPluginUpstream: CallPluginUpstream
  readonly usage: UsageQueue
  readonly background: Background
}
