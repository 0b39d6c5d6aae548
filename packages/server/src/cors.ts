/** Response headers that let a page of any origin read an answer (WHATWG Fetch, CORS protocol), as a flat list. */
export const corsHeaders: ReadonlyArray<string> = [
  "access-control-allow-origin",
  "*",
  "access-control-expose-headers",
  "x-request-id, retry-after, location"
]

/**
 * Headers of the answer to a preflight. `Authorization` stands beside the wildcard by name, because the wildcard does not
 * cover it. The answer may be kept for a day; browsers cut that to their own maximum.
 */
export const preflightHeaders: Readonly<Record<string, string>> = {
  "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
  "access-control-allow-headers": "*, Authorization",
  "access-control-max-age": "86400"
}
