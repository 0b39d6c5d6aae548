import { Result } from "effect"

import type { OutboundRequest } from "./outbound-request.ts"

/** Redirects that one request may follow. */
export const MAX_REDIRECTS = 10

/** What stays behind when a redirect leaves the host that the plugin named, and its subdomains. */
const SENSITIVE_HEADERS = [
  "authorization",
  "cookie",
  "cookie2",
  "proxy-authenticate",
  "proxy-authorization",
  "www-authenticate"
]

/** What describes a body that is not sent any more. */
const BODY_HEADERS = ["content-encoding", "content-language", "content-location", "content-type"]

/**
 * The request that a response redirects to; undefined when it is the answer. The rules are those of Go's HTTP client,
 * which plugins expect: 301, 302 and 303 turn every method but HEAD into a GET without body, 307 and 308 repeat the
 * request; a 3xx without `Location` is the answer; credentials are not sent to another host, also not after a redirect
 * back. Unlike Go's client it adds no `Referer`, which could carry a key from the URL to another host. Fails with a
 * sentence when the target cannot be used.
 */
export const redirectOf = (
  request: OutboundRequest,
  first: URL,
  status: number,
  location: string | undefined
): Result.Result<OutboundRequest, string> | undefined => {
  const keepsMethod = status === 307 || status === 308
  if (!location || !(keepsMethod || (status >= 301 && status <= 303))) return undefined
  const url = URL.parse(location, request.url.href)
  if (url === null) return Result.fail("the response redirects to something that is not a URL")
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return Result.fail(
      `the response redirects to an unsupported protocol scheme ${JSON.stringify(url.protocol.slice(0, -1))}`
    )
  }
  url.username = ""
  url.password = ""
  const headers = { ...request.headers }
  if (!isSameOrSubdomain(url.hostname, first.hostname)) drop(headers, SENSITIVE_HEADERS)
  if (keepsMethod) return Result.succeed({ ...request, url, headers })
  drop(headers, BODY_HEADERS)
  const method = request.method === "HEAD" ? "HEAD" : "GET"
  return Result.succeed({ ...request, url, headers, method, body: new Uint8Array(0) })
}

const drop = (headers: Record<string, unknown>, names: ReadonlyArray<string>): void => {
  for (const name of names) delete headers[name]
}

const isSameOrSubdomain = (host: string, parent: string): boolean =>
  host === parent || (host.endsWith(`.${parent}`) && !/^[\d.]+$|:/.test(parent))
