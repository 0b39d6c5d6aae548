/** Calls `echo` of a plugin: `node call-many.ts LIBRARY bridge|direct COUNT`. For test/main-thread.test.ts. */
import { Effect } from "effect"
import koffi from "koffi"

import { NativeBridge } from "../../src/native-bridge.ts"
import { callJson, open } from "./conversation.ts"

const [library = "", way, count = "0"] = process.argv.slice(2)

const throughBridge = Effect.gen(function* () {
  const plugin = yield* open(library)
  for (let i = 0; i < Number(count); i++) {
    yield* callJson(plugin, "echo", { i }, { inPlaceMicros: i % 2 === 0 ? 0 : 50_000 })
  }
}).pipe(Effect.scoped, Effect.provide(NativeBridge.layer()))

/** What this package exists to avoid: the plugin entered on the JavaScript thread. */
const directly = () => {
  const loaded = koffi.load(library)
  const hostTable = Buffer.alloc(32)
  hostTable.writeUInt32LE(1)
  const pluginTable = Buffer.alloc(32)
  if (loaded.func("int cliproxy_plugin_init(void *host, void *plugin)")(hostTable, pluginTable) !== 0)
    throw new Error("init")
  const callType = koffi.proto(
    "int PluginCall(const char *method, const uint8_t *request, size_t length, void *response)"
  )
  const freeType = koffi.proto("void PluginFree(void *ptr, size_t length)")
  const response = Buffer.alloc(16)
  for (let i = 0; i < Number(count); i++) {
    const request = Buffer.from(JSON.stringify({ i }))
    if (koffi.call(pluginTable.readBigUInt64LE(8), callType, "echo", request, request.length, response) !== 0)
      throw new Error("call")
    koffi.call(pluginTable.readBigUInt64LE(16), freeType, response.readBigUInt64LE(0), response.readBigUInt64LE(8))
  }
}

if (way === "bridge") await Effect.runPromise(throughBridge)
else directly()
