import { Effect, Semaphore } from "effect"

import { type GatewayCredentials, hostConfigOf } from "./credential-files/gateway-credentials.ts"
import { makeFailOver } from "./failover/failover.ts"
import { makeModelRegistry } from "./models/model-registry.ts"
import type { PluginCredential } from "./plugin-executor/plugin-credential.ts"
import { NO_PLUGIN_MODELS, type PluginModelRounds, type PluginModels } from "./plugin-executor/plugin-models.ts"
import type { Serving } from "./request-life/serving-parts.ts"
import type { GatewaySettings } from "./settings.ts"

/** The part of the settings that is about providers. */
type ProviderSettings = Omit<GatewaySettings, "plugins">

/** What a gateway serves before it is configured: nothing. */
const NO_PROVIDERS: ProviderSettings = {
  strategy: "round-robin",
  requestRetry: 0,
  maxRetryCredentials: 0,
  maxRetryIntervalMs: 0,
  providers: []
}

/** What a gateway serves now: its settings, the models that plugins have told of, and the credentials from files. */
export interface ServingState {
  readonly serving: () => Serving
  /** Settings of the last configuration pass. */
  readonly settings: () => GatewaySettings | undefined
  readonly pluginModels: () => PluginModels
  /** Serves providers by these settings from now on, with the plugins' models of before. */
  readonly configure: (settings: GatewaySettings) => void
  /** Asks the plugins for their models, and serves them. One round at a time. */
  readonly collectModels: (settings: GatewaySettings) => Effect.Effect<void>
  /**
   * Serves credentials from files as they are now. Gives the round that asks the plugins for the models of those that
   * are new; `undefined` when one is about to begin that will see them anyway.
   */
  readonly credentialsChanged: () => Effect.Effect<void> | undefined
}

/** What a state is made of. */
export interface ServingStateOptions {
  readonly models: PluginModelRounds
  readonly credentials: Pick<GatewayCredentials, "current">
  /** Unix time, in seconds, that models are said to be created at. */
  readonly created: number
  /** Told whenever something else is served than before. */
  readonly onServing: (serving: Serving, settings: ProviderSettings) => void
}

/** Makes the state of a gateway that is not configured yet. */
export const makeServingState = ({ created, credentials, models, onServing }: ServingStateOptions): ServingState => {
  let configured: GatewaySettings | undefined
  let pluginModels: PluginModels = NO_PLUGIN_MODELS
  let serving = servingOf(NO_PROVIDERS, pluginModels, created)
  const rounds = Semaphore.makeUnsafe(1)
  /** Whether a round has yet to begin that will see every credential as it is now. */
  let roundAhead = false

  const use = (settings: ProviderSettings): void => {
    serving = servingOf(settings, pluginModels, created)
    onServing(serving, settings)
  }

  const collectModels: ServingState["collectModels"] = (settings) => {
    const builtin = {
      providers: new Set(settings.providers.map(({ name }) => name)),
      models: new Set(settings.providers.flatMap((provider) => provider.models.map(({ alias }) => alias)))
    }
    return Effect.suspend(() => {
      roundAhead = false
      return models.run(hostConfigOf(settings), builtin, credentials.current())
    }).pipe(
      Effect.map((collected) => {
        pluginModels = withCredentials(collected, credentials.current())
        use(settings)
      }),
      rounds.withPermits(1)
    )
  }

  return {
    serving: () => serving,
    settings: () => configured,
    pluginModels: () => pluginModels,
    configure: (settings) => {
      configured = settings
      use(settings)
    },
    collectModels,
    credentialsChanged: () => {
      if (configured === undefined) return undefined
      // What is known of the models holds for the new state, until the plugins have been asked again.
      pluginModels = withCredentials(pluginModels, credentials.current())
      use(configured)
      if (roundAhead) return undefined
      roundAhead = true
      return collectModels(configured)
    }
  }
}

const servingOf = (settings: ProviderSettings, models: PluginModels, created: number): Serving => ({
  registry: makeModelRegistry(settings.providers, created, models, settings.forceModelPrefix),
  strategy: settings.strategy,
  failOver: makeFailOver(settings),
  fallbacks: settings.fallbacks,
  failureRules: { errorRules: settings.errorRules, transientCooldownMs: settings.transientCooldownMs },
  passthroughHeaders: settings.passthroughHeaders ?? false,
  executors: models.executorsByPlugin
})

/** The same models, with credentials as they are now. Those that are gone serve nothing. */
const withCredentials = (models: PluginModels, credentials: ReadonlyArray<PluginCredential>): PluginModels => {
  const now = new Map(credentials.map((credential) => [credential.candidate.id, credential]))
  return {
    ...models,
    credentials: models.credentials.flatMap((offer) => {
      const credential = now.get(offer.credential.candidate.id)
      return credential === undefined ? [] : [{ ...offer, credential }]
    })
  }
}
