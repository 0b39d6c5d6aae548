import { modelMatcher } from "../models/model-pattern.ts"
import type { NamedModel } from "../plugin-executor/credential-models.ts"
import type { FileSettings } from "./file-settings.ts"

/** What a credential's file says of the models that clients see. */
export type ExposureSettings = Pick<FileSettings, "excludedModels" | "modelAliases">

/** Those of the offered models that a credential lets clients call, under the names that they have for clients. */
export type ExposeModels = (offered: ReadonlyArray<NamedModel>) => ReadonlyArray<NamedModel>

/**
 * Makes the choice of a credential file. A model is excluded by any of its names: the one that the plugin knows, the one
 * that the configuration gave it, and its alias. Aliases go by the first two.
 */
export const exposedModels = ({ excludedModels, modelAliases }: ExposureSettings): ExposeModels | undefined => {
  if (excludedModels.length === 0 && modelAliases.length === 0) return undefined
  const excludes = modelMatcher(excludedModels)
  return (offered) =>
    offered.flatMap(({ info, name }) => {
      if (excludes(info.ID) || excludes(name)) return []
      const aliases = modelAliases.filter((alias) => alias.name === info.ID || alias.name === name)
      const names = new Set(aliases.map(({ alias }) => alias).filter((alias) => !excludes(alias)))
      if (aliases.every(({ fork }) => fork)) names.add(name)
      return [...names].map((one) => ({ name: one, info }))
    })
}
