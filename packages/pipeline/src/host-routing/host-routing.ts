import { hostRoutingResetCooldown, trimSpace } from "@cliproxy/abi"
import { Effect } from "effect"

import type { GatewayInsight } from "../decision-trace/gateway-insight.ts"
import { HostCallFailed, type HostMethods, serving } from "../plugin-host/host-calls.ts"

/**
 * Serves `host.routing.*`: what plugins may change about the choice of credentials. A plugin that watches quotas may end
 * the rests of a credential, as an operator may. `insight` gives `undefined` while the gateway is not up.
 * Source: plugin ABI, `host.routing.reset_cooldown`.
 */
export const hostRoutingMethods = (
  insight: () => Pick<GatewayInsight, "clear" | "credentials"> | undefined
): HostMethods => ({
  "host.routing.reset_cooldown": serving(
    hostRoutingResetCooldown,
    Effect.fnUntraced(function* ({ auth_index: given }) {
      const index = trimSpace(given)
      if (index === "") return yield* new HostCallFailed({ message: "auth_index is required" })
      const seen = insight()
      if (seen === undefined) return yield* new HostCallFailed({ message: "core auth manager unavailable" })
      const credential = (yield* seen.credentials).find((one) => one.index === index)
      if (credential === undefined) {
        return yield* new HostCallFailed({ message: `auth not found for auth_index ${index}` })
      }
      yield* seen.clear(credential.id)
      const models = credential.models.flatMap(({ model, rest }) => (rest === undefined ? [] : [model]))
      return { auth_index: index, models }
    })
  )
})
