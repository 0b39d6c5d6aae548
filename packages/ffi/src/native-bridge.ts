import { Context, Effect, Layer } from "effect"

import type { Bridge, BridgeStats } from "./bridge.ts"
import type { BridgeOptions } from "./bridge-options.ts"
import { BridgeUnavailable, locateArtifact } from "./native-artifact.ts"
import { closeDeadlineMs, closePlugin } from "./close-plugin.ts"

/** The native bridge of one JavaScript thread: its pool of threads and its queue of events. `openPlugin` needs it. */
export class NativeBridge extends Context.Service<
  NativeBridge,
  {
    /** The bridge as callbacks; `openPlugin` is the way to use it. */
    readonly bridge: Bridge
    /** How many threads there are, how many of them idle, how many calls wait for one. */
    readonly stats: Effect.Effect<BridgeStats>
  }
>()("@cliproxy/ffi/NativeBridge") {
  /**
   * A bridge that ends with the layer's scope. Fails with `BridgeUnavailable` when there is no bridge for this
   * platform and none can be compiled.
   */
  static readonly layer = (options: BridgeOptions = {}): Layer.Layer<NativeBridge, BridgeUnavailable> =>
    Layer.effect(
      NativeBridge,
      Effect.gen(function* () {
        const path = yield* locateArtifact("bridge")
        const bridge = yield* Effect.acquireRelease(
          Effect.tryPromise({
            // Not before somebody needs a bridge: koffi is a native library that takes its time to load.
            try: async () => {
              const [{ loadBridgeFunctions }, { makeBridge }] = await Promise.all([
                import("./bridge-functions.ts"),
                import("./bridge.ts")
              ])
              return makeBridge(loadBridgeFunctions(path), options)
            },
            catch: (cause) => new BridgeUnavailable({ detail: cause instanceof Error ? cause.message : String(cause) })
          }),
          // Connections close themselves in their own scopes; one whose scope outlives this one is closed here.
          (bridge) =>
            Effect.forEach(bridge.openPlugins(), (plugin) => closePlugin(bridge, plugin, closeDeadlineMs), {
              concurrency: "unbounded",
              discard: true
            }).pipe(Effect.andThen(Effect.sync(() => bridge.free())))
        )
        return { bridge, stats: Effect.sync(() => bridge.stats()) }
      })
    )
}
