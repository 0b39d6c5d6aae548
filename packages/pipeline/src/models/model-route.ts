import type { ModelInfo } from "@cliproxy/abi"
import type { Candidate } from "@cliproxy/scheduler"

import type { Credential } from "../credentials/credentials.ts"
import type { ModelListing } from "../gateway.ts"
import type { ConfiguredTarget, ExecutorTarget, Route, Target } from "./model-registry.ts"
import type { PluginCredential } from "../plugin-executor/plugin-credential.ts"
import type { PluginExecutor } from "../plugin-executor/plugin-executor.ts"
import type { ModelSettings } from "../settings.ts"

/** A route while it is put together. */
export interface OpenRoute extends Route {
  readonly providers: Array<string>
  readonly targets: Map<string, Target>
}

/** A route of a name, without targets so far. */
export const emptyRoute = (name: string): OpenRoute => ({
  key: name,
  model: name,
  providers: [],
  targets: new Map()
})

/** Adds a target to a route that does not have it; under an ID of its own when its credential serves another model there. */
export const addTarget = ({ providers, targets }: OpenRoute, target: Target): void => {
  const { candidate, upstreamModel } = target
  if (!providers.includes(candidate.provider)) providers.push(candidate.provider)
  const known = targets.get(candidate.id)
  if (known === undefined) {
    targets.set(candidate.id, target)
  } else if (target._tag === "Configured" && known.upstreamModel !== upstreamModel) {
    const id = `${candidate.id}#${upstreamModel}`
    if (!targets.has(id)) targets.set(id, { ...target, candidate: { ...candidate, id, credential: candidate.id } })
  }
}

/** What a model list says of a model, by the first of those who serve it. */
export const listingOf = (id: string, first: Target, created: number): ModelListing => {
  const ownedBy = first.candidate.provider
  if (first._tag === "Configured") {
    const { displayName, maxContextLength } = first.model
    return { id, ownedBy, created, ...described(displayName, maxContextLength) }
  }
  const { info } = first
  return {
    id,
    ownedBy: info?.OwnedBy || ownedBy,
    created: info?.Created || created,
    ...described(info?.DisplayName, info?.ContextLength)
  }
}

const described = (displayName: string | undefined, contextLength: number | undefined): Partial<ModelListing> => ({
  ...(displayName ? { displayName } : {}),
  ...(contextLength ? { contextLength } : {})
})

/** A configured credential as the target for a model, also under other names of it. */
export const configuredTarget = (credential: Credential, model: ModelSettings): ConfiguredTarget => ({
  _tag: "Configured",
  candidate: { ...credential.candidate, model: model.name },
  fingerprint: credential.fingerprint,
  upstreamModel: model.name,
  credential,
  protocol: credential.protocol,
  responseModel: model.forceMapping === true ? model.alias : undefined,
  model
})

/** An executor as the target for a model, with one of its credentials or without any. */
export const executorTarget = (
  executor: PluginExecutor,
  credential: PluginCredential | undefined,
  info: ModelInfo | undefined,
  upstreamModel: string
): ExecutorTarget => ({
  _tag: "Executor",
  candidate: { ...(credential?.candidate ?? withoutCredential(executor)), model: upstreamModel },
  fingerprint: credential?.fingerprint ?? "",
  upstreamModel,
  executor,
  credential,
  info
})

/** What stands for a plugin that needs no credential where credentials are chosen. */
const withoutCredential = ({ plugin, provider }: PluginExecutor): Candidate => ({
  id: `plugin:${plugin.id}:${provider}:executor`,
  provider,
  priority: 0,
  disabled: false,
  attributes: { plugin: plugin.id, provider, source: "plugin" }
})

/** The same target, for a route that all names lead to that nobody knows: nothing is remembered by them. */
export const withoutModel = <A extends Target>(target: A): A => ({
  ...target,
  candidate: { ...target.candidate, model: undefined }
})

/** The first target that is not switched off; `undefined` when all are. */
export const firstEnabled = (route: Pick<Route, "targets">): Target | undefined =>
  route.targets.values().find((target) => !target.candidate.disabled)
