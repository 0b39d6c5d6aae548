import { capabilityFlags } from "./capability.ts"
import type { Registration } from "./lifecycle.ts"
import { methodsOfCapability } from "./methods.ts"
import { HOST_SCHEMA_VERSION } from "./version.ts"

const requiredMetadata = ["Name", "Version", "Author", "GitHubRepository"] as const

/** Flags that make the host call something. The others alone change nothing. */
const countingFlags = capabilityFlags.filter((flag) => methodsOfCapability(flag).length > 0)

/** The message schema that a plugin was written for: 0, which also stands for a missing number, means 1. */
export const schemaVersionOf = (registration: Registration): number => registration.schema_version || 1

/** What an operator may allow beyond the rules. */
export interface RegistrationOptions {
  /** Takes a plugin whose schema version is above this host's, at the operator's risk. Default: no. */
  readonly allowNewerSchema?: boolean
}

/**
 * Checks what a plugin answered to `plugin.register` or `plugin.reconfigure`.
 * Gives one sentence for each problem; none means that the plugin may become active.
 */
export const validateRegistration = (
  registration: Registration,
  options: RegistrationOptions = {}
): ReadonlyArray<string> => {
  const problems: Array<string> = []
  if (registration.schema_version > HOST_SCHEMA_VERSION && options.allowNewerSchema !== true)
    problems.push(
      `plugin schema version ${registration.schema_version} is not supported, this host speaks up to ` +
        `${HOST_SCHEMA_VERSION}: update the host, or build the plugin for schema ${HOST_SCHEMA_VERSION} or older`
    )
  for (const field of requiredMetadata)
    if (registration.metadata[field].trim() === "") problems.push(`metadata.${field} is blank`)
  if (!countingFlags.some((flag) => registration.capabilities[flag]))
    problems.push(`no capability is set: one of ${countingFlags.join(", ")} must be true`)
  return problems
}
