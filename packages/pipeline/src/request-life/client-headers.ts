import { canonicalHeaders } from "@cliproxy/abi"

import type { AttemptSink, UpstreamHead } from "../provider/attempt-sink.ts"
import type { Execution } from "./execution.ts"
import { changedFields, clientHeaders, type HeaderFields } from "./header-fields.ts"

/**
 * The headers for a client besides the host's own: those that plugins have added or changed, and with passthrough on
 * the upstream's others as well. `own` are never overwritten. Source: plugin ABI, response interceptors.
 */
export const headersForClient = (
  { passthroughHeaders }: Pick<Execution, "passthroughHeaders">,
  upstream: HeaderFields,
  fields: HeaderFields,
  own: Readonly<Record<string, string>>
): Record<string, string> => {
  const taken = new Set(Object.keys(own).map((name) => name.toLowerCase()))
  const wanted = clientHeaders(passthroughHeaders ? fields : changedFields(upstream, fields))
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => !taken.has(name.toLowerCase())))
}

/** The upstream's headers as plugins get them. */
export const upstreamFields = ({ headers }: UpstreamHead): HeaderFields =>
  canonicalHeaders(
    Object.entries(headers).flatMap(([name, value]): ReadonlyArray<readonly [string, string]> => {
      if (value === undefined) return []
      return typeof value === "string" ? [[name, value]] : value.map((one) => [name, one] as const)
    })
  )

/** A sink whose client gets the upstream's headers as well. */
export const withUpstreamHeaders = (sink: AttemptSink): AttemptSink => ({
  ...sink,
  start: (status, headers, upstream) => {
    const fields = upstreamFields(upstream)
    const others = headersForClient({ passthroughHeaders: true }, fields, fields, headers)
    sink.start(status, { ...others, ...headers }, upstream)
  }
})
