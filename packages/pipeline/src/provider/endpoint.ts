import { Redacted } from "effect"

import type { Credential } from "../credentials/credentials.ts"
import type { ProviderProtocol } from "./provider-protocol.ts"

/** What a request asks of a provider. */
export interface Operation {
  readonly operation: "generate" | "count_tokens" | "embeddings" | "models"
  /** Model as the provider knows it; where the protocol has it in the body, it is not used. */
  readonly model: string
  /** Whether the answer shall be a stream. */
  readonly stream: boolean
}

/** The version that ends a base URL's path, which many write and some do not. */
const VERSIONS = { claude: /\/v\d+$/, gemini: /\/v\d+(alpha|beta)?\d*$/ } as const

/** The version that is meant where the base URL has none. */
const DEFAULT_VERSIONS = { claude: "/v1", gemini: "/v1beta" } as const

/**
 * The path that all endpoints of a provider begin with, without a trailing slash. The base URLs of Claude and Gemini may
 * have the version of the API at their end, as the official SDKs of some languages want it, or not.
 */
export const basePathOf = (protocol: ProviderProtocol, pathname: string): string => {
  const path = pathname.replace(/\/+$/, "")
  if (protocol === "openai" || VERSIONS[protocol].test(path)) return path
  return path + DEFAULT_VERSIONS[protocol]
}

/**
 * Path and query of an endpoint; `undefined` when the protocol has no such endpoint, or none that we speak. It may hold
 * a secret, when the base URL has one in its query. Sources: https://platform.openai.com/docs/api-reference,
 * https://docs.anthropic.com/en/api, https://ai.google.dev/api.
 */
export const endpointOf = (
  { basePath, baseQuery, protocol }: Pick<Credential, "basePath" | "baseQuery" | "protocol">,
  asked: Operation
): string | undefined => {
  const endpoint = ENDPOINTS[protocol](asked)
  if (endpoint === undefined) return undefined
  const [path, query] = endpoint
  const given = Redacted.value(baseQuery)
  const parameters = [given, query].filter((text) => text !== "").join("&")
  return `${basePath}${path}${parameters === "" ? "" : `?${parameters}`}`
}

/** Path below the base path, and query. */
type Endpoint = readonly [path: string, query: string] | undefined

const ENDPOINTS: Readonly<Record<ProviderProtocol, (asked: Operation) => Endpoint>> = {
  openai: ({ operation }) => {
    switch (operation) {
      case "generate":
        return ["/chat/completions", ""]
      case "embeddings":
        return ["/embeddings", ""]
      case "models":
        return ["/models", ""]
      case "count_tokens":
        return undefined
    }
  },
  claude: ({ operation }) => {
    switch (operation) {
      case "generate":
        return ["/messages", ""]
      case "count_tokens":
        return ["/messages/count_tokens", ""]
      case "models":
        return ["/models", ""]
      case "embeddings":
        return undefined
    }
  },
  gemini: ({ model, operation, stream }) => {
    switch (operation) {
      case "generate":
        return stream
          ? [`/${resourceOf(model)}:streamGenerateContent`, "alt=sse"]
          : [`/${resourceOf(model)}:generateContent`, ""]
      case "count_tokens":
        return [`/${resourceOf(model)}:countTokens`, ""]
      case "models":
        return ["/models", ""]
      case "embeddings":
        return undefined
    }
  }
}

/** A model's resource name: `models/` is added unless the name says what it is. Each part is percent-encoded. */
const resourceOf = (model: string): string => {
  const [, collection = "models", name = ""] = /^(?:(models|tunedModels)\/)?(.*)$/s.exec(model) ?? []
  return `${collection}/${encodeURIComponent(name)}`
}
