/** Response headers that let a page of any origin read an answer (WHATWG Fetch, CORS protocol), as a flat list. */
export const corsHeaders: ReadonlyArray<string> = [
  "access-control-allow-origin",
  "*",
  "access-control-expose-headers",
  "x-request-id, request-id, retry-after, location, x-cliproxy-trace, server-timing"
]

/**
 * Request headers that the official SDKs send. `Authorization` must stand beside the wildcard by name, because the
 * wildcard does not cover it; the others do for browsers that do not know the wildcard.
 */
const sdkHeaders = [
  "Authorization",
  "Content-Type",
  "X-Api-Key",
  "X-Goog-Api-Key",
  "X-Goog-Api-Client",
  "Anthropic-Version",
  "Anthropic-Beta",
  "Anthropic-Dangerous-Direct-Browser-Access",
  "OpenAI-Organization",
  "OpenAI-Project",
  "OpenAI-Beta",
  "X-Stainless-Arch",
  "X-Stainless-Helper-Method",
  "X-Stainless-Lang",
  "X-Stainless-OS",
  "X-Stainless-Package-Version",
  "X-Stainless-Retry-Count",
  "X-Stainless-Runtime",
  "X-Stainless-Runtime-Version",
  "X-Stainless-Timeout"
]

/** Headers of the answer to a preflight. It may be kept for a day; browsers cut that to their own maximum. */
export const preflightHeaders: Readonly<Record<string, string>> = {
  "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
  "access-control-allow-headers": ["*", ...sdkHeaders].join(", "),
  "access-control-max-age": "86400"
}
