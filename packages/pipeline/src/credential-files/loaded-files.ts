import { carryOver } from "./carry-over.ts"
import type { CredentialFile, StoredCredential } from "./stored-credential.ts"

/** A file of the directory as it was read last. */
export interface LoadedFile {
  /** Undefined when it cannot be used; it is read again when it has changed. */
  readonly file: CredentialFile | undefined
  /** What the file was like when it was read. */
  readonly stamp: string
  readonly credentials: ReadonlyArray<StoredCredential>
}

/**
 * The files of a directory by name, and their credentials by ID. A change of one credential costs the same among ten and
 * among ten thousand, and a credential that has not changed stays the same object.
 */
export interface LoadedFiles {
  readonly get: (name: string) => LoadedFile | undefined
  /** All files, as they are now. */
  readonly snapshot: () => Map<string, LoadedFile>
  /** Notes what is known of a file; its credentials are taken over by the next `publish`. */
  readonly set: (name: string, loaded: LoadedFile) => void
  readonly remove: (name: string) => void
  readonly clear: () => void
  /** Takes over the credentials of all files, and what was known of those that stay. Gives their IDs. */
  readonly publish: () => ReadonlySet<string>
  /** Puts another state of a credential in its place, in its file as well. Does nothing when there is none. */
  readonly replace: (id: string, change: (one: StoredCredential) => StoredCredential) => void
  readonly find: (id: string) => StoredCredential | undefined
  /** All credentials, by the names of their files. Replaced as a whole, never changed in place. */
  readonly credentials: () => ReadonlyArray<StoredCredential>
}

/** Makes an empty one. */
export const makeLoadedFiles = (): LoadedFiles => {
  const files = new Map<string, LoadedFile>()
  let byId = new Map<string, StoredCredential>()
  /** The values of `byId`; undefined until somebody asks. */
  let list: ReadonlyArray<StoredCredential> | undefined

  return {
    get: (name) => files.get(name),
    snapshot: () => new Map(files),
    set: (name, loaded) => void files.set(name, loaded),
    remove: (name) => void files.delete(name),
    clear: () => files.clear(),
    publish: () => {
      const next = new Map<string, StoredCredential>()
      for (const [name, loaded] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        const credentials = loaded.credentials.map((one) => {
          // Two files may name the same credential: the first one has it.
          if (next.has(one.id)) return one
          const known = byId.get(one.id)
          const now = known === one ? one : carryOver(known, one)
          next.set(one.id, now)
          return now
        })
        if (credentials.some((one, index) => one !== loaded.credentials[index])) {
          files.set(name, { ...loaded, credentials })
        }
      }
      byId = next
      list = undefined
      return new Set(next.keys())
    },
    replace: (id, change) => {
      const known = byId.get(id)
      const loaded = known === undefined ? undefined : files.get(known.fileName)
      if (known === undefined || loaded === undefined) return
      const next = change(known)
      files.set(known.fileName, {
        ...loaded,
        credentials: loaded.credentials.map((one) => (one.id === id ? next : one))
      })
      byId.set(id, next)
      list = undefined
    },
    find: (id) => byId.get(id),
    credentials: () => (list ??= [...byId.values()])
  }
}
