import {
  type AuthData,
  type HostConfigSummary,
  isAuthDataSet,
  modelForAuth,
  type ModelInfo,
  normalizeIdentifier,
  usableModels
} from "@cliproxy/abi"
import { Effect } from "effect"

import type { CallbackScopes } from "../plugin-host/callback-scopes.ts"
import { callCapability, currentPlugin } from "./call-capability.ts"
import type { PluginCredential } from "./plugin-credential.ts"
import type { CollectedOffer, RegistrationRound } from "./registration-round.ts"

/** A model under the name that clients use. */
export interface NamedModel {
  readonly name: string
  /** What the plugin says of it; its `ID` is the name that the plugin knows. */
  readonly info: ModelInfo
}

/** What plugins say about the models of one credential. */
export type CredentialModels =
  /** Nobody lists models for its provider: those that are listed without a credential apply. */
  | { readonly _tag: "Unlisted" }
  /** A plugin answered, perhaps with no models at all. */
  | {
      readonly _tag: "Listed"
      readonly models: ReadonlyArray<NamedModel>
      /** New state of the credential, to be merged into it; `undefined` when the plugin gave none. */
      readonly update: AuthData | undefined
    }
  /** The plugin failed: what was known of the credential stays as it is. */
  | { readonly _tag: "Failed" }

/** Asks which models a credential can serve. */
export type ModelsOfCredential = (credential: PluginCredential) => Effect.Effect<CredentialModels>

/**
 * Makes the function that asks plugins for the models of a credential. Asked is, in priority order, who lists models
 * for the credential's provider; an answer for another provider passes on to the next, an error does not. Hidden
 * models are left out, and aliases take the place of names. Source: plugin ABI, `model.for_auth`.
 */
export const makeModelsOfCredential =
  (round: RegistrationRound, scopes: CallbackScopes, offers: () => ReadonlyArray<CollectedOffer>): ModelsOfCredential =>
  (credential) =>
    Effect.gen(function* () {
      const { id, provider } = credential.candidate
      for (const offer of offers()) {
        const plugin = offer.listsFor === provider ? currentPlugin(round.plugins, offer.plugin) : undefined
        if (plugin === undefined) continue
        const answer = yield* Effect.acquireUseRelease(
          Effect.sync(() => scopes.open({ plugin: plugin.id, proxyUrl: credential.proxyUrl })),
          (scope) =>
            callCapability(
              round.plugins,
              plugin,
              modelForAuth,
              {
                Plugin: plugin.registration.metadata,
                AuthID: id,
                AuthProvider: provider,
                StorageJSON: credential.storageJson,
                Metadata: credential.metadata,
                Attributes: credential.attributes,
                Host: round.host,
                host_callback_id: scope.id
              },
              { deadlineMs: round.deadlineMs }
            ),
          (scope) => Effect.sync(scope.close)
        ).pipe(
          Effect.catch((error) =>
            Effect.as(
              Effect.logWarning(`plugin ${plugin.id} did not list the models of credential ${id}: ${error.message}`),
              undefined
            )
          )
        )
        if (answer === undefined) return { _tag: "Failed" } as const
        if ((normalizeIdentifier(answer.Provider) || provider) !== provider) continue
        return {
          _tag: "Listed",
          models: asConfigured(usableModels(answer.Models), provider, round.host),
          update: isAuthDataSet(answer.AuthUpdate) ? { ...answer.AuthUpdate, ID: id } : undefined
        } as const
      }
      return { _tag: "Unlisted" } as const
    })

/** The models under the names that the operator gave them, without those that are to be hidden. */
const asConfigured = (
  models: ReadonlyArray<ModelInfo>,
  provider: string,
  { ExcludedModels, OAuthModelAlias }: HostConfigSummary
): ReadonlyArray<NamedModel> => {
  const hidden = new Set(Object.hasOwn(ExcludedModels, provider) ? ExcludedModels[provider] : [])
  const aliases = new Map(
    (Object.hasOwn(OAuthModelAlias, provider) ? (OAuthModelAlias[provider] ?? []) : []).map(
      ({ Alias, Name }) => [Name, Alias] as const
    )
  )
  return models.filter(({ ID }) => !hidden.has(ID)).map((info) => ({ name: aliases.get(info.ID) ?? info.ID, info }))
}
