import { describe, expect, it } from "vitest"
import {
  capabilityFlags,
  HOST_SCHEMA_VERSION,
  methodsOfCapability,
  Registration,
  schemaVersionOf,
  validateRegistration,
  zeroValue
} from "../src/index.ts"

const zero = zeroValue(Registration)
const good: Registration = {
  schema_version: 1,
  metadata: {
    ...zero.metadata,
    Name: "geo",
    Version: "0.4.0",
    Author: "Example",
    GitHubRepository: "https://x.invalid"
  },
  capabilities: { ...zero.capabilities, scheduler: true }
}

describe("a registration", () => {
  it("is accepted for every schema up to the host's, 0 standing for 1", () => {
    for (let schema_version = 0; schema_version <= HOST_SCHEMA_VERSION; schema_version++)
      expect(validateRegistration({ ...good, schema_version })).toEqual([])
    expect([schemaVersionOf({ ...good, schema_version: 0 }), schemaVersionOf({ ...good, schema_version: 3 })]).toEqual([
      1, 3
    ])
  })

  it("is refused for a newer schema, with both numbers and a remedy", () => {
    expect(validateRegistration({ ...good, schema_version: 8 })).toEqual([
      "plugin schema version 8 is not supported, this host speaks up to 7: update the host, or build the plugin for schema 7 or older"
    ])
  })

  it("of a newer schema is accepted when the operator allows it, and only for its schema", () => {
    expect(validateRegistration({ ...good, schema_version: 8 }, { allowNewerSchema: true })).toEqual([])
    expect(validateRegistration({ ...zero, schema_version: 99 }, { allowNewerSchema: true })).toHaveLength(5)
  })

  it("is refused for each blank required field of its metadata", () => {
    const blank = { ...good.metadata, Name: "", Version: " ", Author: "\t", GitHubRepository: "\n" }
    expect(validateRegistration({ ...good, metadata: blank })).toEqual([
      "metadata.Name is blank",
      "metadata.Version is blank",
      "metadata.Author is blank",
      "metadata.GitHubRepository is blank"
    ])
  })

  it("44: is refused without a capability; flags that only change others, scope and formats are none", () => {
    const capabilities = {
      ...zero.capabilities,
      frontend_auth_provider_exclusive: true,
      frontend_auth_omit_body: true,
      scheduler_across_priorities: true,
      executor_model_scope: "both",
      executor_input_formats: ["openai"]
    }
    expect(validateRegistration({ ...good, capabilities })).toEqual([expect.stringMatching(/^no capability is set/)])
  })

  it("is accepted with any one other flag", () => {
    for (const flag of capabilityFlags.filter((name) => methodsOfCapability(name).length > 0))
      expect(validateRegistration({ ...good, capabilities: { ...zero.capabilities, [flag]: true } })).toEqual([])
  })

  it("gets all its problems named at once", () => {
    expect(validateRegistration({ ...zero, schema_version: 99 })).toHaveLength(6)
  })
})
