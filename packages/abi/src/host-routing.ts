import { contract } from "./contract.ts"
import { listOf } from "./wire/list.ts"
import { goStruct } from "./wire/go-struct.ts"
import { Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Request of `host.routing.reset_cooldown`. */
export const HostRoutingResetCooldownRequest = goStruct({ auth_index: Str })
/** Request of `host.routing.reset_cooldown`. */
export type HostRoutingResetCooldownRequest = TypeOf<typeof HostRoutingResetCooldownRequest>

/** Result of `host.routing.reset_cooldown`. */
export const HostRoutingResetCooldownResponse = goStruct({
  auth_index: Str,
  /** The models for which the credential rested. */
  models: listOf(Str)
})
/** Result of `host.routing.reset_cooldown`. */
export type HostRoutingResetCooldownResponse = TypeOf<typeof HostRoutingResetCooldownResponse>

/** Ends the rests of a credential, so that it is tried at once. */
export const hostRoutingResetCooldown = contract("host.routing.reset_cooldown", {
  request: HostRoutingResetCooldownRequest,
  result: HostRoutingResetCooldownResponse
})
