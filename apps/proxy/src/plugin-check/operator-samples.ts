import type { FlagDeclaration } from "@cliproxy/abi"

import { ownMetadata as own, type Samples } from "./sample.ts"

const quota = { auth_index: "4f2a9c0b1d3e5f60", auth_id: "sample.json", host_callback_id: "1" }
const values = { bool: "true", string: "sample", int: "1", int64: "1", float64: "0.5", duration: "1m0s" }
const flagValues = (flags: ReadonlyArray<FlagDeclaration>) =>
  Object.fromEntries(flags.map(({ name, type }) => [name, { Name: name, Type: type, Value: values[type], Set: true }]))

/** What operators make plugins do: flags on the command line, management routes, quotas. */
export const operatorSamples: Samples = {
  "command_line.register": (known) => [{ what: "the list of flags", fields: own(known) }],
  "command_line.execute": (known) => {
    const common = { ...own(known), Program: "cliproxy", ConfigPath: "cliproxy.yaml" }
    const given = known.flags ?? []
    const all = flagValues(given)
    return [
      {
        what: "all of its flags",
        mayChange: given.length > 0,
        fields: { ...common, Args: given.map(({ name }) => `--${name}`), Flags: all, TriggeredFlags: all }
      },
      ...given.map((flag) => ({
        what: `its flag ${flag.name} alone`,
        mayChange: true,
        fields: { ...common, Args: [`--${flag.name}`], Flags: flagValues([flag]), TriggeredFlags: flagValues([flag]) }
      }))
    ]
  },
  "management.register": (known) => [
    {
      what: "the list of routes",
      fields: { ...own(known), BasePath: "/v0/management", ResourceBasePath: `/v0/resource/plugins/${known.pluginId}` }
    }
  ],
  "management.handle": (known) => [
    ...(known.routes ?? []).map(({ method, path }) => ({
      what: `${method} ${path}`,
      // RFC 9110, section 9.2.1: these two are safe.
      mayChange: method !== "GET" && method !== "HEAD",
      fields: {
        Method: method,
        Path: path,
        Headers: { Accept: ["*/*"] },
        Query: { sample: ["<b>&"] },
        Body: method === "GET" || method === "HEAD" ? null : Buffer.from("{}").toString("base64"),
        host_callback_id: "1"
      }
    })),
    {
      what: "a path that it did not declare",
      fields: { Method: "GET", Path: "/v0/management/unheard-of", host_callback_id: "1" }
    }
  ],
  "quota.describe": (known) => [{ what: "what it supports", fields: { plugin: known.metadata } }],
  "quota.fetch": (known) => [{ what: "a credential", fields: { ...quota, provider: known.identifier } }],
  "quota.reset": (known) => [
    { what: "a credential", mayChange: true, fields: { ...quota, provider: known.identifier } }
  ]
}
