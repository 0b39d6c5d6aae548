import type { ModelInfo } from "@cliproxy/abi"
import { type Candidate, compareByteOrder } from "@cliproxy/scheduler"
import { Result } from "effect"

import { type Credential, credentialsOf } from "./credentials.ts"
import type { ModelListing } from "./gateway.ts"
import { InvalidRequest, NoCredential } from "./gateway-error.ts"
import type { NamedModel } from "./plugin-executor/credential-models.ts"
import type { PluginCredential } from "./plugin-executor/plugin-credential.ts"
import type { PluginExecutor } from "./plugin-executor/plugin-executor.ts"
import { NO_PLUGIN_MODELS, type PluginModels } from "./plugin-executor/plugin-models.ts"
import type { OpenAICompatibleProvider } from "./settings.ts"
import { splitThinkingSuffix } from "./thinking-suffix.ts"

interface AnyTarget {
  /** As the scheduler sees it. */
  readonly candidate: Candidate
  /** Tells whether a credential of this ID still is the same one after a reload. */
  readonly fingerprint: string
  /** The model's name as the provider or plugin knows it. */
  readonly upstreamModel: string
}

/** A configured credential that serves a model. */
export interface ConfiguredTarget extends AnyTarget {
  readonly _tag: "Configured"
  readonly credential: Credential
}

/** A plugin's executor that serves a model, with a credential or without any. */
export interface ExecutorTarget extends AnyTarget {
  readonly _tag: "Executor"
  readonly executor: PluginExecutor
  /** `undefined` for models that the plugin serves without. */
  readonly credential: PluginCredential | undefined
  /** What the plugin says of the model; `undefined` when it was not asked for one that it lists. */
  readonly info: ModelInfo | undefined
}

/** Who serves a model. */
export type Target = ConfiguredTarget | ExecutorTarget

/** Who can serve a model name. */
export interface Route {
  /** Tells this route from all others of the registry, for what is kept per route. */
  readonly key: string
  /** The name without a thinking suffix, as listed. */
  readonly model: string
  /** The name without a prefix: routes that lead to the same model share its cooldowns. */
  readonly cooldownModel: string
  /** Provider keys in the order of the configuration, each once. Disabled providers are among them. */
  readonly providers: ReadonlyArray<string>
  /** By credential ID. Never empty. */
  readonly targets: ReadonlyMap<string, Target>
}

/** A route while it is put together. */
interface OpenRoute extends Route {
  readonly providers: Array<string>
  readonly targets: Map<string, Target>
}

/** All models of one set of settings. */
export interface ModelRegistry {
  /** By model name. */
  readonly routes: ReadonlyMap<string, Route>
  /**
   * The route of the name that a client sent. A name that is configured with parentheses wins over reading them as a
   * thinking suffix. Fails with 404 `model_not_found`, as OpenAI's API does, for a name that nobody serves, and with
   * `NoCredential` for one that only disabled credentials serve.
   */
  readonly find: (model: string) => Result.Result<Route, InvalidRequest | NoCredential>
  /**
   * The route to one provider, whatever the model: its credentials that serve the model, or when there is no such
   * model, all of them, each with the name as it is. Fails with `NoCredential` when the provider has none enabled.
   */
  readonly findAt: (provider: string, model: string) => Result.Result<Route, NoCredential>
  /** Keys of the providers with a credential that is not disabled, sorted. What needs no credential is not among them. */
  readonly availableProviders: ReadonlyArray<string>
  /** Models that an enabled credential serves, sorted by ID. */
  readonly listings: ReadonlyArray<ModelListing>
  /** Indices of the credentials from the configuration; see `Credential.index`. */
  readonly configuredIndices: ReadonlySet<string>
}

/**
 * Builds the registry. `created` is the time that model lists give for every model whose own is not known, in Unix
 * seconds.
 *
 * When one provider has the same alias twice, its first entry counts. A prefix makes its models reachable as
 * `prefix/model` besides their plain name.
 *
 * Models that plugins list for a configured provider are served by its credentials. Those of a provider that a plugin
 * executes for are served by the provider's credentials, and where there is none that serves a model, without one.
 */
export const makeModelRegistry = (
  providers: ReadonlyArray<OpenAICompatibleProvider>,
  created: number,
  plugins: PluginModels = NO_PLUGIN_MODELS
): ModelRegistry => {
  const routes = new Map<string, OpenRoute>()
  const add = (names: ReadonlyArray<string>, cooldownModel: string, targets: ReadonlyArray<Target>): void => {
    for (const name of names) {
      let route = routes.get(name)
      if (route === undefined) {
        route = { key: name, model: name, cooldownModel, providers: [], targets: new Map() }
        routes.set(name, route)
      }
      for (const target of targets) {
        if (!route.providers.includes(target.candidate.provider)) route.providers.push(target.candidate.provider)
        if (!route.targets.has(target.candidate.id)) route.targets.set(target.candidate.id, target)
      }
    }
  }

  const configured = new Map<string, ReadonlyArray<Credential>>()
  for (const [provider, credentials] of credentialsOf(providers)) {
    configured.set(provider.name, credentials)
    for (const model of provider.models) {
      add(
        namesOf(model.alias, provider.prefix),
        model.alias,
        credentials.map((credential) => configuredTarget(credential, model.name))
      )
    }
  }

  for (const { credential, models } of plugins.credentials) {
    const executor = plugins.executors.get(credential.candidate.provider)
    if (executor === undefined) continue
    const served = models ?? listedModels(plugins, credential.candidate.provider)
    for (const { info, name } of served) {
      add(namesOf(name, credential.prefix), name, [executorTarget(executor, credential, info, info.ID)])
    }
  }

  for (const { models, provider } of plugins.listed) {
    const credentials = configured.get(provider)
    const executor = plugins.executors.get(provider)
    for (const info of models) {
      if (credentials !== undefined) {
        add(
          [info.ID],
          info.ID,
          credentials.map((credential) => configuredTarget(credential, info.ID))
        )
      } else if (executor !== undefined && !routes.get(info.ID)?.providers.includes(provider)) {
        add([info.ID], info.ID, [executorTarget(executor, undefined, info, info.ID)])
      }
    }
  }

  const find = (name: string): Result.Result<Route, InvalidRequest | NoCredential> => {
    const route = routes.get(name) ?? routes.get(splitThinkingSuffix(name).model)
    if (route === undefined) return Result.fail(modelNotFound(name))
    if (firstEnabled(route) === undefined) return Result.fail(onlyDisabled(route))
    return Result.succeed(route)
  }

  const credentialTargets = new Map<string, (upstreamModel: string) => ReadonlyArray<Target>>()
  for (const [provider, credentials] of configured) {
    credentialTargets.set(provider, (model) => credentials.map((credential) => configuredTarget(credential, model)))
  }
  for (const [provider, executor] of plugins.executors) {
    const own = plugins.credentials.filter(({ credential }) => credential.candidate.provider === provider)
    credentialTargets.set(provider, (model) =>
      own.map(({ credential }) => executorTarget(executor, credential, undefined, model))
    )
  }

  const findAt = (provider: string, name: string): Result.Result<Route, NoCredential> => {
    const known = routes.get(name) ?? routes.get(splitThinkingSuffix(name).model)
    const served = known === undefined ? [] : [...known.targets.values()].filter(isOf(provider))
    const targets = served.length > 0 ? served : (credentialTargets.get(provider)?.(name) ?? [])
    const cooldownModel = served.length > 0 ? (known?.cooldownModel ?? "") : ""
    const route: Route = {
      key: `${provider}\n${served.length > 0 ? (known?.key ?? "") : ""}`,
      model: name,
      cooldownModel,
      providers: [provider],
      targets: new Map(targets.map((target) => [target.candidate.id, target]))
    }
    return firstEnabled(route) === undefined ? Result.fail(onlyDisabled(route)) : Result.succeed(route)
  }

  const availableProviders = [...credentialTargets]
    .filter(([, targets]) => targets("").some(({ candidate }) => !candidate.disabled))
    .map(([provider]) => provider)
    .toSorted(compareByteOrder)

  const listings = [...routes.values()]
    .flatMap((route): ReadonlyArray<ModelListing> => {
      const first = firstEnabled(route)
      if (first === undefined) return []
      if (first._tag === "Configured") return [{ id: route.model, ownedBy: first.candidate.provider, created }]
      const { candidate, info } = first
      return [{ id: route.model, ownedBy: info?.OwnedBy || candidate.provider, created: info?.Created || created }]
    })
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))

  const configuredIndices = new Set([...configured.values()].flat().map(({ index }) => index))
  return { routes, find, findAt, availableProviders, listings, configuredIndices }
}

/** The plain name, and the name under the prefix when there is one. */
const namesOf = (name: string, prefix: string | undefined): ReadonlyArray<string> =>
  prefix ? [name, `${prefix}/${name}`] : [name]

const isOf =
  (provider: string) =>
  ({ candidate }: Target): boolean =>
    candidate.provider === provider

const listedModels = ({ listed }: PluginModels, provider: string): ReadonlyArray<NamedModel> =>
  listed.flatMap((entry) => (entry.provider === provider ? entry.models.map((info) => ({ name: info.ID, info })) : []))

const configuredTarget = (credential: Credential, upstreamModel: string): ConfiguredTarget => ({
  _tag: "Configured",
  candidate: credential.candidate,
  fingerprint: credential.fingerprint,
  upstreamModel,
  credential
})

const executorTarget = (
  executor: PluginExecutor,
  credential: PluginCredential | undefined,
  info: ModelInfo | undefined,
  upstreamModel: string
): ExecutorTarget => ({
  _tag: "Executor",
  candidate: credential?.candidate ?? withoutCredential(executor),
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

const firstEnabled = (route: Pick<Route, "targets">): Target | undefined =>
  route.targets.values().find((target) => !target.candidate.disabled)

const modelNotFound = (model: string): InvalidRequest =>
  new InvalidRequest({
    message: `The model \`${model}\` does not exist here. GET /v1/models lists the models that can be called.`,
    status: 404,
    code: "model_not_found",
    param: "model"
  })

const onlyDisabled = (route: Route): NoCredential =>
  new NoCredential({
    message: `The model \`${route.model}\` is served only by disabled credentials (providers: ${route.providers.join(", ")}).`,
    status: 503,
    code: "auth_unavailable"
  })
