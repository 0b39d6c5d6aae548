import { createHash } from "node:crypto"

/** What makes a credential the one that it is. The first that is there counts. */
export interface AuthIdentity {
  /** Seed that was given to it, such as one for each of several credentials of one file. */
  readonly indexSeed?: string | undefined
  /** File that it comes from. */
  readonly file?: { readonly type: string; readonly absolutePath: string } | undefined
  /** Key from the configuration. */
  readonly apiKey?: { readonly kind: string; readonly baseUrl: string; readonly key: string } | undefined
  readonly id: string
}

/** The text whose hash is a credential's index. Holds secrets: don't show it. */
export const authIndexSeed = (identity: AuthIdentity): string => {
  const { indexSeed, file, apiKey, id } = identity
  if (indexSeed !== undefined && indexSeed !== "") return indexSeed
  if (file !== undefined) return `${file.type}:${file.absolutePath}`
  if (apiKey !== undefined) return `${apiKey.kind}:${apiKey.baseUrl}:${apiKey.key}`
  return `id:${id}`
}

/**
 * The index by which plugins name a credential: the first 8 bytes of the seed's SHA-256 as 16 lower-case hex digits.
 * It stays the same across restarts and tells nothing. Source: plugin ABI, host.auth (`docs/plugin-abi.md`).
 */
export const authIndex = (identity: AuthIdentity): string =>
  createHash("sha256").update(authIndexSeed(identity)).digest("hex").slice(0, 16)
