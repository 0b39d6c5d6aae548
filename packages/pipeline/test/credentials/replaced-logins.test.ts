import { ModelInfo, zeroValue } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"

import { makeCredentialPools } from "../../src/credentials/credential-pools.ts"
import { makeModelRegistry } from "../../src/models/model-registry.ts"
import { pluginExecutor } from "../../src/plugin-executor/plugin-executor.ts"
import type { PluginCredential } from "../../src/plugin-executor/plugin-credential.ts"
import { provider } from "../gateway-settings.ts"
import { scriptedPlugins } from "../plugin-executor/scripted-plugins.ts"

const fileCredential = (fingerprint: string): PluginCredential => ({
  candidate: { id: "file.json", provider: "lab", priority: 0, disabled: false, attributes: {} },
  fingerprint,
  storageJson: Buffer.from("{}"),
  metadata: {},
  attributes: {},
  prefix: ""
})

/** A key in the configuration and a credential in a file, each with what it logs in with. */
const registryOf = (apiKey: string, fingerprint: string) => {
  const executor = pluginExecutor(scriptedPlugins({ id: "p", capabilities: { executor: true } }).plugin("p"), "lab")
  const models = [{ name: "x", info: { ...zeroValue(ModelInfo), ID: "x" } }]
  return makeModelRegistry([provider("http://one/v1", [], { name: "one", keys: [{ apiKey, name: "main" }] })], 0, {
    executors: new Map([["lab", executor]]),
    executorsByPlugin: new Map([["p", executor]]),
    listed: [],
    credentials: [{ credential: fileCredential(fingerprint), models }]
  })
}

/** Both credentials at a limit for one model and refused for another. */
const rested = () => {
  const pools = makeCredentialPools()
  pools.apply(registryOf("first", "first"), {})
  for (const id of ["one/main", "file.json"]) {
    pools.ledger.report({ id, model: "x", outcome: { _tag: "Refused", status: 429, retryAfterMs: 600_000 }, now: 0 })
    pools.ledger.report({ id, model: "y", outcome: { _tag: "Refused", status: 401 }, now: 0 })
  }
  const reasons = (id: string) => ["x", "y"].map((model) => pools.ledger.get(id, model)?.reason)
  return { pools, reasons }
}

describe("rests of a credential that logs in with something new", () => {
  it("end with a key of the configuration, which may be of another account", () => {
    const { pools, reasons } = rested()
    pools.apply(registryOf("second", "first"), {})
    assert.deepStrictEqual(reasons("one/main"), [undefined, undefined])
    assert.deepStrictEqual(reasons("file.json"), ["rejected", "rejected"])
  })

  it("stay for the limits of a renewed credential from a file, which is of the same account", () => {
    const { pools, reasons } = rested()
    pools.apply(registryOf("first", "second"), {})
    assert.deepStrictEqual(reasons("file.json"), ["rate-limited", undefined])
    assert.deepStrictEqual(reasons("one/main"), ["rejected", "rejected"])
  })
})
