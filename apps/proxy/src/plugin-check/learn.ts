import {
  type CapabilityFlag,
  type ContractMethod,
  contractOf,
  contracts,
  methodsOfCapability,
  readCommandLineFlag,
  readManagementRoute,
  type Registration,
  resourcePath
} from "@cliproxy/abi"
import type { PluginConnection } from "@cliproxy/ffi"
import { Effect, Result } from "effect"

import type { Known } from "./sample.ts"

const readIdentifier = Effect.fnUntraced(function* (
  plugin: PluginConnection,
  flag: CapabilityFlag,
  deadlineMs: number
) {
  const method = methodsOfCapability(flag).find((name) => name.endsWith(".identifier"))
  const contract = method === undefined ? undefined : contractOf(method)
  if (contract === undefined) return "sample"
  const outcome = yield* Effect.result(plugin.call(contract.method, Buffer.from("{}"), { deadlineMs }))
  const value: unknown = Result.isSuccess(outcome) ? outcome.success : undefined
  return typeof value === "object" && value !== null && "identifier" in value && typeof value.identifier === "string"
    ? value.identifier.trim().toLowerCase()
    : "sample"
})

/** What the requests of a capability depend on, as far as the plugin has said it at registration. */
export const learnIdentity = Effect.fnUntraced(function* (
  plugin: PluginConnection,
  registration: Registration,
  flag: CapabilityFlag,
  deadlineMs: number
) {
  const { capabilities, metadata } = registration
  return {
    metadata,
    pluginId: plugin.id,
    identifier: yield* readIdentifier(plugin, flag, deadlineMs),
    inputFormat: capabilities.executor_input_formats[0] ?? "openai",
    outputFormat: capabilities.executor_output_formats[0] ?? "openai"
  } satisfies Known
})

const successes = <A, E>(results: ReadonlyArray<Result.Result<A, E>>): ReadonlyArray<A> =>
  results.flatMap((result) => (Result.isSuccess(result) ? [result.success] : []))

/** What an answer adds: a log-in to ask about, flags to give, paths to open. `answer` is as the plugin gave it. */
export const learnFrom = (known: Known, method: ContractMethod, answer: unknown): Known => {
  switch (method) {
    case "auth.login.start": {
      const login = contracts[method].decodeResult(answer)
      return Result.isFailure(login)
        ? known
        : {
            ...known,
            login: { state: login.success.State, metadata: Object.fromEntries(Object.entries(login.success.Metadata)) }
          }
    }
    case "command_line.register": {
      const flags = contracts[method].decodeResult(answer)
      return Result.isFailure(flags)
        ? known
        : { ...known, flags: successes(flags.success.Flags.map(readCommandLineFlag)) }
    }
    case "management.register": {
      const declared = contracts[method].decodeResult(answer)
      if (Result.isFailure(declared)) return known
      const pages = successes(declared.success.resources.map(({ Path }) => resourcePath(known.pluginId, Path)))
      return {
        ...known,
        routes: [
          ...successes(declared.success.routes.map(readManagementRoute)),
          ...pages.map((path) => ({ method: "GET", path }))
        ]
      }
    }
    default:
      return known
  }
}
