import { canonicalHeaderName } from "./wire/header-name.ts"

type HeaderFields = { readonly [name: string]: ReadonlyArray<string> }

/** What an interceptor's answer says about header fields. */
export interface HeaderChanges {
  /** Fields to set in place of those of the same name. A field without values is removed. */
  readonly Headers: HeaderFields
  /** Fields to remove first. */
  readonly ClearHeaders: ReadonlyArray<string>
}

/**
 * Header fields after an interceptor's changes: first `ClearHeaders` are removed, then `Headers` are set. Names are
 * compared and given in canonical form; fields that nobody named stay as they are.
 */
export const applyHeaderChanges = (current: HeaderFields, changes: HeaderChanges): HeaderFields => {
  const set = new Map<string, Array<string>>()
  for (const [name, values] of Object.entries(changes.Headers)) {
    const canonical = canonicalHeaderName(name)
    set.set(canonical, [...(set.get(canonical) ?? []), ...values])
  }
  const removed = new Set([...changes.ClearHeaders.map(canonicalHeaderName), ...set.keys()])
  const kept = Object.entries(current).filter(([name]) => !removed.has(canonicalHeaderName(name)))
  return Object.fromEntries([...kept, ...[...set].filter(([, values]) => values.length > 0)])
}
