import { Result } from "effect"

import { type Credential, credentialsOf } from "./credentials.ts"
import type { ModelListing } from "./gateway.ts"
import { InvalidRequest, NoCredential } from "./gateway-error.ts"
import type { OpenAICompatibleProvider } from "./settings.ts"
import { splitThinkingSuffix } from "./thinking-suffix.ts"

/** A credential that serves a model, and the name under which its provider knows the model. */
export interface Target {
  readonly credential: Credential
  readonly upstreamModel: string
}

/** Who can serve a model name. */
export interface Route {
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
  /** Models that an enabled credential serves, sorted by ID. */
  readonly listings: ReadonlyArray<ModelListing>
}

/**
 * Builds the registry. `created` is the time that model lists give for every model, in Unix seconds: providers' own
 * times are not known.
 *
 * When one provider has the same alias twice, its first entry counts. A prefix makes its models reachable as
 * `prefix/model` besides their plain name.
 */
export const makeModelRegistry = (
  providers: ReadonlyArray<OpenAICompatibleProvider>,
  created: number
): ModelRegistry => {
  const routes = new Map<string, OpenRoute>()
  for (const [provider, credentials] of credentialsOf(providers)) {
    for (const model of provider.models) {
      const names = provider.prefix ? [model.alias, `${provider.prefix}/${model.alias}`] : [model.alias]
      for (const name of names) {
        let route = routes.get(name)
        if (route === undefined) {
          route = { model: name, cooldownModel: model.alias, providers: [], targets: new Map() }
          routes.set(name, route)
        }
        if (!route.providers.includes(provider.name)) route.providers.push(provider.name)
        for (const credential of credentials) {
          if (route.targets.has(credential.candidate.id)) continue
          route.targets.set(credential.candidate.id, { credential, upstreamModel: model.name })
        }
      }
    }
  }

  const find = (name: string): Result.Result<Route, InvalidRequest | NoCredential> => {
    const route = routes.get(name) ?? routes.get(splitThinkingSuffix(name).model)
    if (route === undefined) return Result.fail(modelNotFound(name))
    if (firstEnabled(route) === undefined) return Result.fail(onlyDisabled(route))
    return Result.succeed(route)
  }

  const listings = [...routes.values()]
    .flatMap((route): ReadonlyArray<ModelListing> => {
      const first = firstEnabled(route)
      return first === undefined ? [] : [{ id: route.model, ownedBy: first.credential.candidate.provider, created }]
    })
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))

  return { routes, find, listings }
}

const firstEnabled = (route: Pick<Route, "targets">): Target | undefined =>
  route.targets.values().find((target) => !target.credential.candidate.disabled)

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
