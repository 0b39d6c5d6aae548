import {
  authIdentifier,
  type Contract,
  executorIdentifier,
  executorModelScope,
  type HostConfigSummary,
  type IdentifierResponse,
  type ModelInfo,
  modelRegister,
  modelStatic,
  normalizeIdentifier,
  type PluginMethod,
  usableModels
} from "@cliproxy/abi"
import { Effect } from "effect"

import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"
import { callCapability } from "./call-capability.ts"
import type { PluginOffer } from "./provider-claims.ts"

/** An offer, and the provider whose credentials the plugin lists models for. */
export interface CollectedOffer extends PluginOffer {
  /** Key of the provider whose credentials `model.for_auth` is asked about; `undefined` for none. */
  readonly listsFor: string | undefined
}

/** What a registration round needs. */
export interface RegistrationRound {
  readonly plugins: Pick<PluginHost, "active" | "fuse">
  /** Settings that plugins may know. */
  readonly host: HostConfigSummary
  /** Deadline of each call in milliseconds. */
  readonly deadlineMs: number
}

interface ProviderModels {
  readonly provider: string
  readonly models: ReadonlyArray<ModelInfo>
}

const NOTHING: ProviderModels = { provider: "", models: [] }

/**
 * Asks every active plugin, all at the same time, which providers and models it has. Gives the answers in priority
 * order. A plugin that fails is logged and has nothing in this round. Source: plugin ABI, registration round.
 */
export const collectOffers = (round: RegistrationRound): Effect.Effect<ReadonlyArray<CollectedOffer>> =>
  Effect.suspend(() =>
    Effect.forEach(round.plugins.active(), (plugin) => collectOffer(round, plugin), { concurrency: "unbounded" })
  )

const collectOffer = Effect.fnUntraced(function* (round: RegistrationRound, plugin: ActivePlugin) {
  const { auth_provider, executor, model_provider } = plugin.registration.capabilities
  const scope = executor ? executorModelScope(plugin.registration.capabilities) : undefined
  const { models, provider } = scope === "oauth" ? NOTHING : yield* listModels(round, plugin)
  const executes = executor ? provider || (yield* identify(round, plugin, executorIdentifier)) : ""
  const listsFor =
    !model_provider || scope === "static"
      ? ""
      : auth_provider
        ? yield* identify(round, plugin, authIdentifier)
        : provider || executes
  return {
    plugin,
    executes: executes || undefined,
    provider,
    models,
    listsFor: listsFor || undefined
  } satisfies CollectedOffer
})

/** A plugin with both flags is asked by the richer method only. An answer without provider or models counts for nothing. */
const listModels = (round: RegistrationRound, plugin: ActivePlugin): Effect.Effect<ProviderModels> => {
  const { capabilities, metadata } = plugin.registration
  const options = { deadlineMs: round.deadlineMs }
  const asked = capabilities.model_provider
    ? callCapability(round.plugins, plugin, modelStatic, { Plugin: metadata, Host: round.host }, options)
    : capabilities.model_registrar
      ? callCapability(round.plugins, plugin, modelRegister, { Plugin: metadata }, options)
      : undefined
  if (asked === undefined) return Effect.succeed(NOTHING)
  return asked.pipe(
    Effect.map((answer) => {
      const provider = normalizeIdentifier(answer.Provider)
      const models = usableModels(answer.Models)
      return provider === "" || models.length === 0 ? NOTHING : { provider, models }
    }),
    Effect.catch((error) =>
      Effect.as(Effect.logWarning(`plugin ${plugin.id} did not list its models: ${error.message}`), NOTHING)
    )
  )
}

/** The key that an identifier method gives; empty after an error. */
const identify = (
  round: RegistrationRound,
  plugin: ActivePlugin,
  method: Contract<PluginMethod, object, IdentifierResponse>
): Effect.Effect<string> =>
  callCapability(round.plugins, plugin, method, {}, { deadlineMs: round.deadlineMs }).pipe(
    Effect.map(({ identifier }) => normalizeIdentifier(identifier)),
    Effect.catch((error) =>
      Effect.as(Effect.logWarning(`plugin ${plugin.id} did not say which provider it serves: ${error.message}`), "")
    )
  )
