import type { HostHTTPNestedRequest } from "@cliproxy/abi"
import { Result } from "effect"

import { USER_AGENT } from "../version.ts"

/** One HTTP request, ready to be sent. */
export interface OutboundRequest {
  readonly method: string
  /** `http` or `https`, without a user name. */
  readonly url: URL
  /** Lower-case names to values. */
  readonly headers: Readonly<Record<string, ReadonlyArray<string>>>
  readonly body: Uint8Array
  /** Whether the response's body is decoded: the plugin did not ask for an encoding itself. */
  readonly decode: boolean
}

/** Headers that describe the connection or the body. They are written by the host (RFC 9110, 7.6.1). */
const CONNECTION_HEADERS = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade"
])

/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Reads what a plugin wants sent. Fails with a sentence when it is no HTTP request. */
export const readOutboundRequest = (wanted: HostHTTPNestedRequest): Result.Result<OutboundRequest, string> => {
  const { method } = wanted
  if (!TOKEN.test(method)) return Result.fail(`invalid method ${JSON.stringify(method.slice(0, 40))}`)
  if (method.toUpperCase() === "CONNECT") return Result.fail("the method CONNECT opens no exchange")
  const url = URL.parse(wanted.url)
  if (url === null) return Result.fail("the URL is not an absolute URL")
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return Result.fail(`unsupported protocol scheme ${JSON.stringify(url.protocol.slice(0, -1))}`)
  }

  const headers: Record<string, ReadonlyArray<string>> = { "user-agent": [USER_AGENT] }
  const seen = new Set<string>()
  for (const [key, values] of Object.entries(wanted.headers)) {
    const name = key.toLowerCase()
    if (CONNECTION_HEADERS.has(name) || values.length === 0) continue
    // Header names match in any case; what came in several spellings is one header.
    headers[name] = seen.has(name) ? [...(headers[name] ?? []), ...values] : values
    seen.add(name)
  }
  if (url.username !== "" || url.password !== "") headers["authorization"] ??= [basicAuthorization(url)]
  url.username = ""
  url.password = ""
  const decode = headers["accept-encoding"] === undefined && headers["range"] === undefined && method !== "HEAD"
  if (decode) headers["accept-encoding"] = ["gzip"]
  return Result.succeed({ method, url, headers, body: wanted.body, decode })
}

const basicAuthorization = ({ username, password }: URL): string =>
  `Basic ${Buffer.from(`${percentDecoded(username)}:${percentDecoded(password)}`).toString("base64")}`

const percentDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
