import * as fc from "fast-check"
import {
  Capabilities,
  capabilityFlags,
  type ConfigField,
  type HostLogRequest,
  type LifecycleRequest,
  type Metadata,
  type Registration,
  type SchedulerAuthCandidate,
  type SchedulerOptions,
  type SchedulerPickRequest,
  type SchedulerPickResponse,
  zeroValue
} from "../src/index.ts"

/** Any well-formed text, also the names of object properties and text that JSON must escape. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "toString", "0", "10", "2", "<&>\u2028", "\\ud83d", "😀", "\0")
)
const list = fc.array(text, { maxLength: 4 })
const map = <T>(value: fc.Arbitrary<T>) =>
  fc.array(fc.tuple(text, value), { maxLength: 4 }).map((entries) => Object.fromEntries(entries))

const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(fields, { noNullPrototype: true })

const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown)

const configField: fc.Arbitrary<ConfigField> = record({
  Name: text,
  Type: text,
  EnumValues: list,
  Description: text
})

export const metadata: fc.Arbitrary<Metadata> = record({
  Name: text,
  Version: text,
  Author: text,
  GitHubRepository: text,
  Logo: text,
  ConfigFields: fc.array(configField, { maxLength: 3 })
})

export const registration: fc.Arbitrary<Registration> = record({
  schema_version: fc.nat(),
  metadata,
  capabilities: fc
    .tuple(fc.subarray([...capabilityFlags]), text, list, list)
    .map(([flags, executor_model_scope, executor_input_formats, executor_output_formats]) => ({
      ...zeroValue(Capabilities),
      ...Object.fromEntries(flags.map((flag) => [flag, true])),
      executor_model_scope,
      executor_input_formats,
      executor_output_formats
    }))
})

export const lifecycleRequest: fc.Arbitrary<LifecycleRequest> = record({
  config_yaml: fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
  schema_version: fc.integer({ min: 0, max: 0xffff_ffff })
})

/** Leaves out empty objects: they are written as null and don't come back. */
const metadataMap = map(json.filter((value) => !JSON.stringify(value).includes("{}")))

const options: fc.Arbitrary<SchedulerOptions> = record({ Headers: map(list), Metadata: metadataMap })

const candidate: fc.Arbitrary<SchedulerAuthCandidate> = record({
  ID: text,
  Provider: text,
  Priority: fc.maxSafeInteger(),
  Status: text,
  Attributes: map(text),
  Metadata: metadataMap
})

export const schedulerPickRequest: fc.Arbitrary<SchedulerPickRequest> = record({
  Plugin: metadata,
  Provider: text,
  Providers: list,
  Model: text,
  Stream: fc.boolean(),
  Options: options,
  Candidates: fc.array(candidate, { maxLength: 4 })
})

export const schedulerPickResponse: fc.Arbitrary<SchedulerPickResponse> = record({
  AuthID: text,
  DelegateBuiltin: text,
  Handled: fc.boolean()
})

export const hostLogRequest: fc.Arbitrary<HostLogRequest> = record({
  host_callback_id: text,
  level: text,
  message: text,
  fields: map(json)
})
