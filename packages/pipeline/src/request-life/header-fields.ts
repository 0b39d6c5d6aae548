/** Header fields as plugins get them: canonical names to values. */
export type HeaderFields = Readonly<Record<string, ReadonlyArray<string>>>

/** Characters of a header name, RFC 9110, section 5.6.2. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Characters of a header value that HTTP libraries agree to send, RFC 9110, section 5.5. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Headers that belong to one connection, RFC 9110, section 7.6.1. `Connection` may name more. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade"
]

/** Headers that no plugin can send to a client, besides those of the connection. Source: plugin ABI, response interceptors. */
const NEVER_TO_CLIENT = new Set([
  ...HOP_BY_HOP,
  "set-cookie",
  "content-length",
  "content-encoding",
  "access-control-allow-credentials",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-allow-origin",
  "access-control-allow-private-network",
  "access-control-expose-headers",
  "access-control-max-age",
  "x-cpa-trace-id",
  "x-request-id"
])

/** How the headers of other gateways begin, which would tell the client through whom its request went. */
const OTHER_GATEWAYS = ["x-litellm-", "helicone-", "x-portkey-", "cf-aig-", "x-kong-", "x-bt-"]

/** Headers that plugins cannot send to a provider: those of the connection, and those that say what the body is. */
const NEVER_UPSTREAM = new Set([...HOP_BY_HOP, "accept", "accept-encoding", "content-length", "expect", "host"])

/** Fields whose values are not those of `before`: what was added or changed. */
export const changedFields = (before: HeaderFields, after: HeaderFields): HeaderFields => {
  if (before === after) return {}
  return Object.fromEntries(
    Object.entries(after).filter(([name, values]) => {
      const old = Object.hasOwn(before, name) ? before[name] : undefined
      return old === undefined || old.length !== values.length || values.some((value, index) => value !== old[index])
    })
  )
}

/** The fields that may go to a client, one value per name. What HTTP cannot carry is left out. */
export const clientHeaders = (fields: HeaderFields): Record<string, string> => {
  const named = namedByConnection(fields)
  return Object.fromEntries(
    sendable(fields).flatMap(([name, values]) => {
      const lower = name.toLowerCase()
      const forbidden =
        NEVER_TO_CLIENT.has(lower) || named.has(lower) || OTHER_GATEWAYS.some((prefix) => lower.startsWith(prefix))
      return forbidden ? [] : [[name, values.join(", ")]]
    })
  )
}

/** The fields that may go to a provider, as a flat list of lower-case names and values. */
export const sendableHeaders = (fields: HeaderFields): ReadonlyArray<string> => {
  const named = namedByConnection(fields)
  return sendable(fields).flatMap(([name, values]) => {
    const lower = name.toLowerCase()
    return NEVER_UPSTREAM.has(lower) || named.has(lower) ? [] : values.flatMap((value) => [lower, value])
  })
}

const sendable = (fields: HeaderFields): ReadonlyArray<readonly [string, ReadonlyArray<string>]> =>
  Object.entries(fields).filter(
    ([name, values]) => NAME.test(name) && values.length > 0 && values.every((value) => VALUE.test(value))
  )

const namedByConnection = (fields: HeaderFields): ReadonlySet<string> => {
  const names = Object.entries(fields).flatMap(([name, values]) =>
    name.toLowerCase() === "connection" ? values.flatMap((value) => value.split(",")) : []
  )
  return new Set(names.map((name) => name.trim().toLowerCase()))
}
