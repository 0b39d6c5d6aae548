import { canonicalHeaderName } from "@cliproxy/abi"

/** A request header whose value comes from the client. */
export interface CopiedHeader {
  /** Lower-case name for the provider. */
  readonly name: string
  /** Canonical name of the client's, such as `X-Session-Id`. */
  readonly from: string
}

/** `$` and a header name (RFC 9110, section 5.6.2). Anything else is a value like any other. */
const REFERENCE = /^\$([!#%&'*+\-.^_`|~0-9A-Za-z][!#$%&'*+\-.^_`|~0-9A-Za-z]*)$/

/** The client's header that a configured value stands for, by its canonical name; `undefined` for a plain value. */
export const copiedFrom = (value: string): string | undefined => {
  const name = REFERENCE.exec(value.trim())?.[1]
  return name === undefined ? undefined : canonicalHeaderName(name)
}

/**
 * What a client's headers (canonical names to values) give for the ones to copy, as a flat list of lower-case names and
 * values. What the client did not send is left out; several values become one, as RFC 9110, section 5.3 has it.
 */
export const copyHeaders = (
  copied: ReadonlyArray<CopiedHeader>,
  client: Readonly<Record<string, ReadonlyArray<string>>>
): ReadonlyArray<string> =>
  copied.flatMap(({ from, name }) => {
    const values = Object.hasOwn(client, from) ? client[from] : undefined
    return values === undefined || values.length === 0 ? [] : [name, values.join(", ")]
  })
