import type { HostConfigSummary } from "@cliproxy/abi"
import { Effect } from "effect"

import type { CallbackScopes } from "../plugin-host/callback-scopes.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"
import { type CredentialModels, makeModelsOfCredential, type NamedModel } from "./credential-models.ts"
import type { PluginCredential } from "./plugin-credential.ts"
import { type BuiltinOffer, claimProviders, type Claims } from "./provider-claims.ts"
import { type CollectedOffer, collectOffers } from "./registration-round.ts"

/** A credential of a plugin's provider and what it serves. */
export interface CredentialOffer {
  readonly credential: PluginCredential
  /** `undefined`: those that are listed for its provider. */
  readonly models: ReadonlyArray<NamedModel> | undefined
}

/** Everything that plugins add to the models of the gateway. */
export interface PluginModels extends Claims {
  readonly credentials: ReadonlyArray<CredentialOffer>
}

/** No plugins, no models. */
export const NO_PLUGIN_MODELS: PluginModels = {
  executors: new Map(),
  executorsByPlugin: new Map(),
  listed: [],
  credentials: []
}

/** Collects what plugins serve, round after round. */
export interface PluginModelRounds {
  /**
   * One round: asks all active plugins, and then those that list models of credentials about each credential. To be
   * run after every configuration pass and whenever credentials change. Gives the models as a whole; what does not
   * appear in them is gone.
   */
  readonly run: (
    host: HostConfigSummary,
    builtin: BuiltinOffer,
    credentials: ReadonlyArray<PluginCredential>
  ) => Effect.Effect<PluginModels>
}

/** Settings of `makePluginModelRounds`. */
export interface PluginModelRoundsOptions {
  readonly plugins: Pick<PluginHost, "active" | "fuse">
  readonly scopes: CallbackScopes
  /** Deadline of each call in milliseconds. */
  readonly deadlineMs: number
  /** Takes the new state of a credential that its plugin gave along with the models. */
  readonly onUpdate?: (credential: PluginCredential, update: NonNullable<Update>) => Effect.Effect<void>
}

type Update = Extract<CredentialModels, { readonly _tag: "Listed" }>["update"]

/** Credentials that are asked about at the same time: each takes a call, and perhaps a request of the plugin. */
const CONCURRENT_CREDENTIALS = 16

/** Makes the rounds. They remember what each credential served, for plugins that fail in a later round. */
export const makePluginModelRounds = ({
  deadlineMs,
  onUpdate,
  plugins,
  scopes
}: PluginModelRoundsOptions): PluginModelRounds => {
  /** By credential ID: what it served after the last answer. */
  let known = new Map<string, CredentialOffer["models"]>()
  return {
    run: Effect.fnUntraced(function* (host, builtin, credentials) {
      const round = { plugins, host, deadlineMs }
      const offers: ReadonlyArray<CollectedOffer> = yield* collectOffers(round)
      const modelsOf = makeModelsOfCredential(round, scopes, () => offers)
      const served = yield* Effect.forEach(
        credentials,
        Effect.fnUntraced(function* (credential) {
          const answer = yield* modelsOf(credential)
          if (answer._tag === "Failed") return { credential, models: known.get(credential.candidate.id) ?? [] }
          if (answer._tag === "Unlisted") return { credential, models: undefined }
          if (answer.update !== undefined && onUpdate !== undefined) yield* onUpdate(credential, answer.update)
          return { credential, models: answer.models }
        }),
        { concurrency: CONCURRENT_CREDENTIALS }
      )
      known = new Map(served.map(({ credential, models }) => [credential.candidate.id, models]))
      return { ...claimProviders(offers, builtin), credentials: served }
    })
  }
}
