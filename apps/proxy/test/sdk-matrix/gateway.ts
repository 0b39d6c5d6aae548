import { writeFileSync } from "node:fs"
import { join } from "node:path"

import type { Vitest } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"

import type { Simulator } from "../provider-simulators/simulator.ts"
import { startProxy, temporaryFolder } from "../run-proxy.ts"
import type { Client } from "./client.ts"
import { clients } from "./clients.ts"
import { playerName, type ProviderName, simulatorKey, startSimulators, upstreamModel } from "./endpoints.ts"
import type { Pair } from "./pair.ts"
import { scenarios } from "./scenarios.ts"

/** The one client key that the gateway lets in. */
const CLIENT_KEY = "matrix-client-key"

/** Every provider of the matrix. */
export const providers: ReadonlyArray<ProviderName> = ["openai", "claude", "gemini"]

/** Name under which the gateway offers a provider's model. */
const aliasOf = (provider: ProviderName, scenario: string, player: string): string =>
  scenario in scenarios ? `via-${provider}--${scenario}--${player}` : `via-${provider}--${scenario}`

/** Who asks without an SDK, apart from the SDKs of its protocol. */
export const rawPlayer = ({ protocol }: Client): string => `raw ${protocol}`

const players: ReadonlyArray<string> = [
  ...new Set(clients.flatMap((client) => [client.name, rawPlayer(client)]))
].flatMap((name) => [playerName(name, false), playerName(name, true)])

const modelLines = (provider: ProviderName): string => {
  const conversations = ["model", "budget", "adaptive", "other"].map((scenario) => [scenario, ""] as const)
  const others = Object.keys(scenarios).flatMap((scenario) => players.map((player) => [scenario, player] as const))
  return [...conversations, ...others]
    .map(
      ([scenario, player]) =>
        `      - { name: "${upstreamModel(provider, scenario, player)}", alias: "${aliasOf(provider, scenario, player)}" }`
    )
    .join("\n")
}

const configuration = (simulators: Readonly<Record<ProviderName, Simulator>>): string =>
  `api-keys: [${CLIENT_KEY}]
openai-compatibility:
  - name: simulated-openai
    base-url: ${simulators.openai.url}/v1
    api-key-entries:
      - { api-key: ${simulatorKey("openai")} }
    models:
${modelLines("openai")}
claude-api-key:
  - api-key: ${simulatorKey("claude")}
    base-url: ${simulators.claude.url}
    models:
${modelLines("claude")}
gemini-api-key:
  - api-key: ${simulatorKey("gemini")}
    base-url: ${simulators.gemini.url}
    models:
${modelLines("gemini")}
`

/** The real proxy in front of the three simulators, for all tests of a file. */
export class Gateway extends Context.Service<
  Gateway,
  {
    readonly url: string
    readonly simulators: Readonly<Record<ProviderName, Simulator>>
    /** `as` plays the scenarios: see `upstreamModel`. The client does when it is left out. */
    readonly pair: (client: Client, provider: ProviderName, stream: boolean, as?: string) => Pair
  }
>()("sdk-matrix/Gateway") {
  static readonly layer = Layer.effect(
    Gateway,
    Effect.gen(function* () {
      const simulators = yield* startSimulators(scenarios)
      const cwd = yield* temporaryFolder
      writeFileSync(join(cwd, "config.yaml"), configuration(simulators))
      const { url } = yield* startProxy(["--config", "config.yaml"], { cwd })
      return Gateway.of({
        url,
        simulators,
        pair: (client, provider, stream, as = client.name) => {
          const player = playerName(as, stream)
          return {
            client,
            provider,
            simulator: simulators[provider],
            stream,
            target: (scenario) => ({ url, apiKey: CLIENT_KEY, model: aliasOf(provider, scenario, player) }),
            upstreamModel: (scenario) => upstreamModel(provider, scenario, player)
          }
        }
      })
    })
  )
}

/** How a suite declares tests that share one gateway. */
export type GatewayTests = Vitest.MethodsNonLive<Gateway>
