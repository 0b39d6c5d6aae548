import type { ModelInfo } from "@cliproxy/abi"
import { type Candidate, compareByteOrder, credentialOf } from "@cliproxy/scheduler"
import { Result } from "effect"

import { type Credential, credentialsOf } from "../credentials/credentials.ts"
import type { ModelListing } from "../gateway.ts"
import { InvalidRequest, NoCredential } from "../gateway-error.ts"
import type { NamedModel } from "../plugin-executor/credential-models.ts"
import type { PluginCredential } from "../plugin-executor/plugin-credential.ts"
import type { PluginExecutor } from "../plugin-executor/plugin-executor.ts"
import { NO_PLUGIN_MODELS, type PluginModels } from "../plugin-executor/plugin-models.ts"
import { modelMatcher } from "./model-pattern.ts"
import {
  addTarget,
  configuredTarget,
  emptyRoute,
  executorTarget,
  firstEnabled,
  listingOf,
  type OpenRoute,
  withoutModel
} from "./model-route.ts"
import { OWN_MODELS, type ProviderProtocol } from "../provider/provider-protocol.ts"
import type { ModelSettings, ProviderSettings } from "../settings.ts"
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
  readonly protocol: ProviderProtocol
  /** Name that answers must carry for the model; `undefined` leaves the provider's. */
  readonly responseModel: string | undefined
  /** What the configuration says of the model; of one that is served without being listed, only its name. */
  readonly model: ModelSettings
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
  /** Provider keys in the order of the configuration, each once. Disabled providers are among them. */
  readonly providers: ReadonlyArray<string>
  /**
   * By the candidates' IDs: those of the credentials, and `<credential>#<upstream model>` for the second and further
   * models that one credential serves under one name. Never empty.
   */
  readonly targets: ReadonlyMap<string, Target>
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
  /** What a list would say of a model, of one that is served without being listed, too; `undefined` for any other. */
  readonly listing: (model: string) => ModelListing | undefined
  /** Whether an enabled credential serves any model, listed or not. */
  readonly serves: boolean
  /** Fingerprints by the IDs of all credentials, those that stand in no route included. */
  readonly fingerprints: ReadonlyMap<string, string>
  /** IDs of the credentials from the configuration. */
  readonly configuredIds: ReadonlySet<string>
  /** IDs of all credentials, and of all targets' candidates. */
  readonly candidateIds: ReadonlySet<string>
  /** Indices of the credentials from the configuration; see `Credential.index`. */
  readonly configuredIndices: ReadonlySet<string>
}

/** Credentials of one entry of the configuration, and which models they serve. */
interface Offer {
  readonly provider: ProviderSettings
  readonly credentials: ReadonlyArray<Credential>
  /** Whether a model, by the provider's name or by the clients', is kept from clients. */
  readonly excludes: (name: string) => boolean
  /** Whether the entry lists no models and serves all that begin as the provider's do. */
  readonly owns: boolean
  /** The model of a client's name when the entry lists none and serves all that begin as the provider's do. */
  readonly unlisted: (name: string) => string | undefined
}

/**
 * Builds the registry. `created` is the time that model lists give for every model whose own is not known, in Unix
 * seconds.
 *
 * A prefix makes its models reachable as `prefix/model` besides their plain name, or, with `forceModelPrefix`, in place
 * of it. When one provider has the same alias for several models, each is a target of its own. Keys of Claude and Gemini
 * that list no models serve every model of theirs that is not excluded; such a model is found, but not in `routes`.
 *
 * Models that plugins list for a configured provider are served by its credentials. Those of a provider that a plugin
 * executes for are served by the provider's credentials, and where there is none that serves a model, without one.
 */
export const makeModelRegistry = (
  providers: ReadonlyArray<ProviderSettings>,
  created: number,
  plugins: PluginModels = NO_PLUGIN_MODELS,
  forceModelPrefix = false
): ModelRegistry => {
  const namesOf = (name: string, prefix: string | undefined): ReadonlyArray<string> =>
    prefix ? [...(forceModelPrefix ? [] : [name]), `${prefix}/${name}`] : [name]
  const routes = new Map<string, OpenRoute>()
  const add = (names: ReadonlyArray<string>, targets: ReadonlyArray<Target>): void => {
    for (const name of names) {
      const route = routes.get(name) ?? emptyRoute(name)
      routes.set(name, route)
      for (const target of targets) addTarget(route, target)
    }
  }

  const offers = credentialsOf(providers).map(([provider, credentials]): Offer => {
    const excludes = modelMatcher(provider.excludedModels ?? [])
    const own = provider.models.length === 0 ? OWN_MODELS[provider.kind] : []
    const isOwn = modelMatcher(own)
    const lead = provider.prefix ? `${provider.prefix}/` : ""
    const unlisted = (name: string): string | undefined => {
      const prefixed = lead !== "" && name.startsWith(lead)
      if (lead !== "" && forceModelPrefix && !prefixed) return undefined
      const model = prefixed ? name.slice(lead.length) : name
      return isOwn(model) && !excludes(model) ? model : undefined
    }
    return { provider, credentials, excludes, owns: own.length > 0, unlisted }
  })
  // First the names, so that the targets of each come in the order of the configuration.
  for (const offer of offers) {
    for (const { alias } of served(offer)) add(namesOf(alias, offer.provider.prefix), [])
  }
  for (const offer of offers) {
    for (const model of served(offer)) {
      const targets = offer.credentials.map((credential) => configuredTarget(credential, model))
      add(namesOf(model.alias, offer.provider.prefix), targets)
    }
    for (const route of routes.values()) addUnlisted(offer, route)
  }

  for (const { credential, models } of plugins.credentials) {
    const executor = plugins.executors.get(credential.candidate.provider)
    if (executor === undefined) continue
    const offered = models ?? listedModels(plugins, credential.candidate.provider)
    for (const { info, name } of credential.exposes?.(offered) ?? offered) {
      add(namesOf(name, credential.prefix), [executorTarget(executor, credential, info, info.ID)])
    }
  }

  for (const { models, provider } of plugins.listed) {
    const own = offers.filter((offer) => offer.provider.name === provider)
    const executor = plugins.executors.get(provider)
    for (const info of models) {
      const name = info.ID
      if (own.length > 0) {
        const credentials = own.flatMap((offer) => (offer.excludes(name) ? [] : offer.credentials))
        if (credentials.length === 0) continue
        // A model that the configuration gives a name of its own stays what it is there.
        const others = credentials.filter(({ candidate }) => !routes.get(name)?.targets.has(candidate.id))
        add(
          [name],
          others.map((credential) => configuredTarget(credential, { name, alias: name }))
        )
      } else if (executor !== undefined && !routes.get(name)?.providers.includes(provider)) {
        add([name], [executorTarget(executor, undefined, info, name)])
      }
    }
  }
  for (const offer of offers) for (const route of routes.values()) addUnlisted(offer, route)

  /** The route of a name that stands nowhere, made for the one who asks. */
  const unlistedRoute = (name: string): Route | undefined => {
    if (offers.every(({ unlisted }) => unlisted(name) === undefined)) return undefined
    const route = emptyRoute(name)
    for (const offer of offers) addUnlisted(offer, route)
    return route
  }
  const lookUp = (name: string): Route | undefined => {
    const { model } = splitThinkingSuffix(name)
    return routes.get(name) ?? routes.get(model) ?? unlistedRoute(model)
  }

  const find = (name: string): Result.Result<Route, InvalidRequest | NoCredential> => {
    const route = lookUp(name)
    if (route === undefined) return Result.fail(modelNotFound(name))
    if (firstEnabled(route) === undefined) return Result.fail(onlyDisabled(route))
    return Result.succeed(route)
  }

  const credentialTargets = new Map<string, (upstreamModel: string) => ReadonlyArray<Target>>()
  for (const { provider } of offers) {
    const credentials = offers.flatMap((offer) => (offer.provider.name === provider.name ? offer.credentials : []))
    credentialTargets.set(provider.name, (name) =>
      credentials.map((credential) => withoutModel(configuredTarget(credential, { name, alias: name })))
    )
  }
  for (const [provider, executor] of plugins.executors) {
    const own = plugins.credentials.filter(({ credential }) => credential.candidate.provider === provider)
    credentialTargets.set(provider, (model) =>
      own.map(({ credential }) => withoutModel(executorTarget(executor, credential, undefined, model)))
    )
  }

  const findAt = (provider: string, name: string): Result.Result<Route, NoCredential> => {
    const known = lookUp(name)
    const own = known === undefined ? [] : [...known.targets.values()].filter(isOf(provider))
    const targets = own.length > 0 ? own : (credentialTargets.get(provider)?.(name) ?? [])
    const route: Route = {
      key: `${provider}\n${own.length > 0 ? (known?.key ?? "") : ""}`,
      model: name,
      providers: [provider],
      targets: new Map(targets.map((target) => [target.candidate.id, target]))
    }
    return firstEnabled(route) === undefined ? Result.fail(onlyDisabled(route)) : Result.succeed(route)
  }

  const availableProviders = [...credentialTargets]
    .filter(([, targets]) => targets("").some(({ candidate }) => !candidate.disabled))
    .map(([provider]) => provider)
    .toSorted(compareByteOrder)

  const listed = (route: Route): ReadonlyArray<ModelListing> => {
    const first = firstEnabled(route)
    return first === undefined ? [] : [listingOf(route.model, first, created)]
  }
  const listing = (name: string): ModelListing | undefined => {
    const route = lookUp(name)
    return route === undefined ? undefined : listed(route)[0]
  }
  const listings = [...routes.values()].flatMap(listed).toSorted((a, b) => (a.id < b.id ? -1 : 1))

  const configuredIndices = new Set(offers.flatMap(({ credentials }) => credentials.map(({ index }) => index)))
  const fingerprints = new Map<string, string>()
  for (const { credentials } of offers) {
    for (const { candidate, fingerprint } of credentials) fingerprints.set(candidate.id, fingerprint)
  }
  const configuredIds: ReadonlySet<string> = new Set(fingerprints.keys())
  const candidateIds = new Set(configuredIds)
  for (const { targets } of routes.values()) {
    for (const { candidate, fingerprint } of targets.values()) {
      fingerprints.set(credentialOf(candidate), fingerprint)
      candidateIds.add(candidate.id)
    }
  }
  const serves = listings.length > 0 || offers.some(({ owns, provider }) => owns && !provider.disabled)
  return {
    routes,
    find,
    findAt,
    availableProviders,
    listings,
    listing,
    serves,
    fingerprints,
    configuredIds,
    candidateIds,
    configuredIndices
  }
}

/** Adds the credentials of an offer to the route of a model that they serve without listing it. */
const addUnlisted = ({ credentials, unlisted }: Offer, route: OpenRoute): void => {
  const name = unlisted(route.model)
  if (name === undefined) return
  for (const credential of credentials) addTarget(route, configuredTarget(credential, { name, alias: name }))
}
/** The models that an offer lists and does not exclude. */
const served = ({ excludes, provider }: Offer): ReadonlyArray<ModelSettings> =>
  provider.models.filter(({ alias, name }) => !excludes(alias) && !excludes(name))

const isOf =
  (provider: string) =>
  ({ candidate }: Target): boolean =>
    candidate.provider === provider

const listedModels = ({ listed }: PluginModels, provider: string): ReadonlyArray<NamedModel> =>
  listed.flatMap((entry) => (entry.provider === provider ? entry.models.map((info) => ({ name: info.ID, info })) : []))

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
