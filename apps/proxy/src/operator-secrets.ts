import { Effect } from "effect"

const managementPassword = "MANAGEMENT_PASSWORD"

/** Variables of the environment that hold secrets of the operator's: no process of a plugin gets them. */
export const operatorSecrets: ReadonlyArray<string> = [managementPassword]

/**
 * The management key of the environment, empty when there is none. It is taken out, because plugins in this process read
 * the environment, too.
 */
export const takeManagementKey: Effect.Effect<string> = Effect.sync(() => {
  const key = process.env[managementPassword] ?? ""
  delete process.env[managementPassword]
  return key
})
