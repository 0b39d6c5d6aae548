import {
  type Capabilities,
  decodeEnvelope,
  type Envelope,
  type PluginCallError,
  pluginRegister,
  PluginRefused,
  type Registration
} from "@cliproxy/abi"
import { Effect, Result } from "effect"

import type { ActivePlugin } from "../../src/plugin-host/active-plugin.ts"
import { byPriority } from "../../src/plugin-host/active-plugin.ts"
import { makeCallbackScopes } from "../../src/plugin-host/callback-scopes.ts"
import { type HostMethods, makeHostCalls } from "../../src/plugin-host/host-calls.ts"

/** A request as a plugin got it. */
export type Seen = Record<string, unknown>

/** What a scripted plugin answers: a result, an effect that gives one, or a defect of the host when it throws. */
export type Script = Record<string, (request: Seen) => unknown>

/** A plugin that exists only as a script. */
export interface Scripted {
  readonly id: string
  readonly priority?: number
  /** Version in the name of its file. */
  readonly version?: string
  readonly capabilities: Partial<Record<keyof Capabilities, unknown>>
  readonly answers?: Script
}

/** An error envelope of a plugin. */
export const refusal = (message: string, httpStatus?: number): Effect.Effect<never, PluginCallError> =>
  Effect.fail(
    new PluginRefused({
      plugin: "scripted",
      method: "m",
      code: "",
      message,
      retryable: false,
      ...(httpStatus === undefined ? {} : { httpStatus })
    })
  )

/** Active plugins that follow scripts, with what they were asked and how they call the host. */
export const scriptedPlugins = (...scripts: ReadonlyArray<Scripted>) => {
  const calls: Array<{ readonly plugin: string; readonly method: string; readonly request: Seen }> = []
  const fused: Array<string> = []
  const scopes = makeCallbackScopes()

  const activate = ({ answers = {}, capabilities, id, priority = 0, version = "" }: Scripted): ActivePlugin => ({
    id,
    path: `/plugins/${id}${version}.so`,
    version,
    priority,
    isolation: "process",
    registration: registrationOf(id, capabilities),
    connection: {
      id,
      path: `/plugins/${id}${version}.so`,
      stats: Effect.succeed({ inFlight: 0, abandoned: 0 }),
      call: (method, bytes) =>
        Effect.suspend(() => {
          const request = JSON.parse(Buffer.from(bytes).toString()) as Seen
          calls.push({ plugin: id, method, request })
          const answer = answers[method]
          if (answer === undefined) return refusal(`no ${method}`)
          const result = answer(request)
          return Effect.isEffect(result) ? (result as Effect.Effect<unknown, PluginCallError>) : Effect.succeed(result)
        })
    }
  })

  let active = scripts.map(activate).toSorted(byPriority)
  return {
    calls,
    fused,
    scopes,
    plugins: {
      active: () => active,
      fuse: (plugin: ActivePlugin) =>
        Effect.sync(() => {
          fused.push(plugin.id)
          active = active.filter(({ id }) => id !== plugin.id)
        })
    },
    plugin: (id: string): ActivePlugin => active.find((plugin) => plugin.id === id)!,
    /** Replaces what is active. */
    activate: (...next: ReadonlyArray<Scripted>) => {
      active = next.map(activate).toSorted(byPriority)
    },
    asked: (method: string) => calls.filter((call) => call.method === method).map(({ plugin }) => plugin),
    requests: (method: string) => calls.filter((call) => call.method === method).map(({ request }) => request),
    /** How a plugin calls the host: gives the result, or the text of the error. */
    hostCalls: (methods: HostMethods) => {
      const calls = makeHostCalls(scopes, [methods])
      return (plugin: string) => {
        const connected = calls.connect(plugin)
        /** The whole envelope. */
        const callRaw = (method: string, request: object): Effect.Effect<Envelope> =>
          Effect.map(connected.handler(method, Buffer.from(JSON.stringify(request))), decodeEnvelope)
        const call = (method: string, request: object): Effect.Effect<unknown> =>
          Effect.map(callRaw(method, request), (envelope) => {
            if (envelope._tag === "Success") return envelope.result
            return envelope._tag === "Failure" ? envelope.error.message : envelope
          })
        return { call, callRaw, end: connected.end }
      }
    }
  }
}

const registrationOf = (id: string, capabilities: Scripted["capabilities"]): Registration =>
  Result.getOrThrow(
    pluginRegister.decodeResult({
      schema_version: 1,
      metadata: { Name: id, Version: "1", Author: "tests", GitHubRepository: "none" },
      capabilities
    })
  )

/** Bytes on the wire. */
export const base64 = (text: string): string => Buffer.from(text).toString("base64")
