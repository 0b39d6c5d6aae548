import { encodeSuccess, HOST_SCHEMA_VERSION, type PluginCallError } from "@cliproxy/abi"
import { type HostCallHandler, openIsolatedPlugin } from "@cliproxy/ffi"
import { Effect } from "effect"

import { type BuiltExample, buildExamples } from "../build/build-examples.ts"
import type { Language } from "../build/example.ts"

/** A host call as an example made it. */
export interface HostCall {
  readonly method: string
  readonly request: unknown
}

/** An example with settings, ready for calls. */
export interface OpenExample {
  /** Calls with a JSON value; gives the result. */
  readonly call: (method: string, request: unknown) => Effect.Effect<unknown, PluginCallError>
  /** Applies other settings. */
  readonly configure: (settings: string) => Effect.Effect<unknown, PluginCallError>
  /** What the example asked the host for, in order. */
  readonly hostCalls: ReadonlyArray<HostCall>
}

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** Bytes as the ABI writes them. */
export const base64 = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64")

/** A JSON value from bytes as the ABI writes them. */
export const fromBase64 = (text: unknown): unknown => JSON.parse(Buffer.from(String(text), "base64").toString())

const examples = await buildExamples()

/** An example that must be there. */
export const example = (capability: string, language: Language): BuiltExample => {
  const found = examples.find((one) => one.capability === capability && one.language === language)
  if (found === undefined) throw new Error(`there is no example ${capability}/${language}`)
  return found
}

/** Says in a test's name why it does not run; empty when it does. */
export const skipReason = ({ outcome }: BuiltExample): string =>
  typeof outcome === "object" ? ` (skipped: ${outcome.skipped})` : ""

/** Opens and registers an example, with a host that takes every call. */
export const openExample = Effect.fnUntraced(function* (
  { capability, library }: BuiltExample,
  settings = "",
  answerHttp: unknown = {}
) {
  const hostCalls: Array<HostCall> = []
  const onHostCall: HostCallHandler = (method, request) =>
    Effect.sync(() => {
      hostCalls.push({ method, request: JSON.parse(Buffer.from(request).toString()) })
      return encodeSuccess(method === "host.http.do" ? answerHttp : {})
    })
  const plugin = yield* openIsolatedPlugin({ id: capability, path: library, onHostCall })
  const lifecycle = (method: string, yaml: string) =>
    plugin.call(method, bytes({ config_yaml: base64(`${yaml}\nenabled: true\n`), schema_version: HOST_SCHEMA_VERSION }))
  yield* lifecycle("plugin.register", settings)
  return {
    call: (method, request) => plugin.call(method, bytes(request)),
    configure: (yaml) => lifecycle("plugin.reconfigure", yaml),
    hostCalls
  } satisfies OpenExample
})
