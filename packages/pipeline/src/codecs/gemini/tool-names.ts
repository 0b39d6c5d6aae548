import { createHash } from "node:crypto"

/** Source: https://ai.google.dev/api/caching#FunctionDeclaration */
const LONGEST_NAME = 64
const ALLOWED_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/

const hashOf = (name: string): string => createHash("sha256").update(name).digest("hex").slice(0, 8)

/** The name with what is not allowed as underscores. One that is too long ends in a hash of the whole. */
const allowedName = (name: string): string => {
  const begun = /^[A-Za-z_]/.test(name) ? name : `_${name}`
  const clean = begun.replaceAll(/[^A-Za-z0-9_.-]/g, "_")
  return clean.length <= LONGEST_NAME ? clean : withHash(clean, name)
}

const withHash = (clean: string, name: string): string => `${clean.slice(0, LONGEST_NAME - 9)}_${hashOf(name)}`

/** Gives a tool's name as it is written for the provider: always the same for one name, never the same for two. */
export type WriteToolName = (name: string) => string

/**
 * A writer of tool names for one request. `declared` names that need no change keep theirs; every changed name is noted
 * in `toolNames`, as written there, to the client's.
 */
export const makeToolNames = (declared: Iterable<string>, toolNames: Map<string, string>): WriteToolName => {
  const written = new Map<string, string>()
  const taken = new Set<string>()
  const keep = (name: string): string => {
    written.set(name, name)
    taken.add(name)
    return name
  }
  for (const name of declared) if (ALLOWED_NAME.test(name)) keep(name)
  return (name) => {
    const known = written.get(name)
    if (known !== undefined) return known
    if (ALLOWED_NAME.test(name) && !taken.has(name)) return keep(name)
    const clean = allowedName(name)
    const unique = taken.has(clean) ? withHash(clean, name) : clean
    written.set(name, unique)
    taken.add(unique)
    toolNames.set(unique, name)
    return unique
  }
}
