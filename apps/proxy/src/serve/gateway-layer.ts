import { NativeBridge } from "@cliproxy/ffi"
import {
  type Gateway,
  type GatewayOptions,
  layerGateway,
  layerGatewayWith,
  unavailablePlugins
} from "@cliproxy/pipeline"
import { Layer } from "effect"

/** The gateway, with plugins when the native bridge can be had, and without them, saying why, when not. */
export const gatewayLayer = (options: GatewayOptions = {}): Layer.Layer<Gateway> =>
  layerGateway(options).pipe(
    Layer.provide(NativeBridge.layer()),
    Layer.catchTag("BridgeUnavailable", (error) => layerGatewayWith(unavailablePlugins(error.message), options))
  )
