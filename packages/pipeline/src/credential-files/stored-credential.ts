import { type AuthData, authIndex } from "@cliproxy/abi"
import { Result } from "effect"
import { createHash } from "node:crypto"

import type { PluginCredential } from "../plugin-executor/plugin-credential.ts"
import { exposedModels } from "./exposed-models.ts"
import { type FileSettings, integer, readWeight } from "./file-settings.ts"
import type { JsonObject } from "../canonical/json.ts"
import { readJsonObject } from "./json-object.ts"

/** One credential that comes from a file. Everything but its ID, names and times may be secret. */
export interface StoredCredential {
  readonly id: string
  /** Provider key, lower-case. */
  readonly provider: string
  /** 16 hex digits by which plugins name it. */
  readonly index: string
  /** Name of its file in the directory. */
  readonly fileName: string
  /** Absolute path of its file. */
  readonly path: string
  /** One of several of the same file: it cannot be written back into it, and is kept beside it. */
  readonly virtual: boolean
  /** Tells what its plugin has read of it in the file from anything else; empty for one that is not `virtual`. */
  readonly record: string
  readonly label: string
  /** When set, its models are also reachable as `prefix/model`. */
  readonly prefix: string
  readonly proxyUrl: string
  readonly disabled: boolean
  /** What its plugin wants stored; undefined when no plugin has read the file. */
  readonly storage: JsonObject | undefined
  /** State that changes; wins over `storage`. Without a plugin: the content of the file. */
  readonly metadata: JsonObject
  readonly attributes: Readonly<Record<string, string>>
  readonly settings: FileSettings
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly lastRefresh: Date | null
  /** Not refreshed before; `null` when its plugin named no time. */
  readonly nextRefreshAfter: Date | null
  /** Why it could not be refreshed last; empty when it could. */
  readonly refreshError: string
  /** Its provider refused to refresh it: it is not tried again before the file changes. */
  readonly unauthorized: boolean
}

/** A file as it was read. */
export interface CredentialFile {
  /** Name in the directory. */
  readonly name: string
  /** Absolute. */
  readonly path: string
  readonly json: JsonObject
  readonly settings: FileSettings
  readonly modifiedAt: Date
}

/** The credential of a file that no plugin reads: its provider is the file's type, its metadata the whole content. */
export const credentialOfFile = (file: CredentialFile): StoredCredential => {
  const { settings } = file
  const provider = settings.type || "unknown"
  return {
    ...newCredential(file, provider, file.name, authIndex({ id: file.name, file: identityOf(file, provider) })),
    virtual: false,
    record: "",
    label: settings.email,
    prefix: settings.prefix,
    proxyUrl: settings.proxyUrl,
    disabled: settings.disabled,
    storage: undefined,
    metadata: file.json,
    attributes: attributesOf(file, {})
  }
}

/**
 * The credentials that a plugin has found in a file. A record without an ID gets the file's name; several get an index
 * each. What the file says to the host is applied on top. Fails with a sentence for a record that is not valid.
 */
export const credentialsOfRecords = (
  file: CredentialFile,
  records: ReadonlyArray<AuthData>
): Result.Result<ReadonlyArray<StoredCredential>, string> => {
  const credentials: Array<StoredCredential> = []
  const virtual = records.length > 1
  for (const [place, record] of records.entries()) {
    const provider = record.Provider
    if (provider === "") return Result.fail("a record has no provider")
    const storage = readStorage(record)
    if (Result.isFailure(storage)) return Result.fail(storage.failure)
    const id = record.ID.trim() || (virtual && place > 0 ? `${file.name}#${place + 1}` : file.name)
    if (credentials.some((other) => other.id === id)) return Result.fail(`two records have the ID ${id}`)
    const identity = identityOf(file, provider)
    const indexSeed = virtual ? `${identity.type}:${identity.absolutePath}#${id}` : undefined
    credentials.push({
      ...newCredential(file, provider, id, authIndex({ id, indexSeed, file: identity })),
      virtual,
      record: virtual ? sha256(JSON.stringify([storage.success ?? null, record.Metadata])) : "",
      label: record.Label || file.settings.email,
      prefix: record.Prefix.trim() || file.settings.prefix,
      proxyUrl: record.ProxyURL.trim() || file.settings.proxyUrl,
      disabled: record.Disabled || file.settings.disabled,
      // A plugin that wants nothing else stored leaves the file as it is.
      storage: storage.success ?? file.json,
      metadata: { ...record.Metadata, type: provider },
      attributes: {
        ...attributesOf(file, record.Attributes),
        ...(virtual ? { plugin_virtual: "true" } : {})
      },
      nextRefreshAfter: record.NextRefreshAfter
    })
  }
  return Result.succeed(credentials)
}

/** The `StorageJSON` of a record; undefined when it has none. Fails with a sentence when it is no JSON object. */
export const readStorage = ({ StorageJSON }: AuthData): Result.Result<JsonObject | undefined, string> =>
  StorageJSON.length === 0
    ? Result.succeed(undefined)
    : Result.mapError(readJsonObject(Buffer.from(StorageJSON).toString()), (why) => `StorageJSON: ${why}`)

/** A new state of a credential that its plugin gave: blank fields keep what was. */
export interface CredentialUpdate {
  readonly auth: AuthData
  readonly storage: JsonObject | undefined
  /** Whether metadata and attributes replace the old ones as a whole, or are merged into them key by key. */
  readonly maps: "replace" | "merge"
}

/** The credential in its new state. ID, provider, index and creation time stay. */
export const updated = (credential: StoredCredential, update: CredentialUpdate, now: Date): StoredCredential => {
  const { auth, maps, storage } = update
  const replaced = <T>(before: Readonly<Record<string, T>>, after: Readonly<Record<string, T>>) =>
    Object.keys(after).length === 0 ? before : maps === "merge" ? { ...before, ...after } : after
  const attributes = replaced(credential.attributes, auth.Attributes)
  return {
    ...credential,
    label: auth.Label || credential.label,
    prefix: auth.Prefix.trim() || credential.prefix,
    proxyUrl: auth.ProxyURL.trim() || credential.proxyUrl,
    disabled: auth.Disabled || credential.disabled,
    storage: storage ?? credential.storage,
    metadata: { ...replaced(credential.metadata, auth.Metadata), type: credential.provider },
    attributes: { ...attributes, ...sourceAttributes(credential.path) },
    nextRefreshAfter: auth.NextRefreshAfter ?? credential.nextRefreshAfter,
    updatedAt: now
  }
}

/** Everything of a credential that is stored: what its plugin wants stored, its metadata on top, and its type. */
export const storedJson = ({
  metadata,
  provider,
  storage
}: Pick<StoredCredential, "metadata" | "provider" | "storage">): JsonObject =>
  storage === undefined ? metadata : { ...storage, ...metadata, type: provider }

/** What plugins get as `StorageJSON`. */
export const storageBytes = (credential: StoredCredential): Uint8Array => {
  const json = storedJson(credential)
  return Object.keys(json).length === 0 ? new Uint8Array(0) : Buffer.from(JSON.stringify(json))
}

/** The credential as the executors of plugins see it. Several of one file belong to one account. */
export const pluginCredentialOf = (credential: StoredCredential): PluginCredential => {
  const { attributes, id, index, metadata, prefix, provider, proxyUrl, settings } = credential
  const storageJson = storageBytes(credential)
  const weight = Result.getOrUndefined(readWeight(attributes["weight"]))
  const exposes = exposedModels(settings)
  const { disableCooling, errorRules, maxInFlight, maxInFlightPerModel, requestRetry } = settings
  return {
    candidate: {
      id,
      provider,
      priority: integer(attributes["priority"]) ?? 0,
      disabled: credential.disabled,
      attributes,
      ...(weight === undefined ? {} : { weight }),
      ...(credential.virtual ? { account: credential.fileName } : {}),
      ...(disableCooling === undefined ? {} : { disableCooling }),
      ...(maxInFlight === undefined ? {} : { maxInFlight }),
      ...(maxInFlightPerModel === undefined ? {} : { maxInFlightPerModel })
    },
    index,
    fingerprint: createHash("sha256").update(provider).update("\0").update(storageJson).digest("hex"),
    storageJson,
    metadata,
    attributes,
    prefix,
    ...(proxyUrl === "" ? {} : { proxyUrl }),
    ...(exposes === undefined ? {} : { exposes }),
    ...(requestRetry === undefined ? {} : { requestRetry }),
    ...(errorRules.length === 0 ? {} : { errorRules })
  }
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

const identityOf = ({ path }: CredentialFile, provider: string) => ({ type: provider, absolutePath: path })

const newCredential = (
  { modifiedAt, name, path, settings }: CredentialFile,
  provider: string,
  id: string,
  index: string
) => ({
  id,
  provider,
  index,
  fileName: name,
  path,
  settings,
  createdAt: modifiedAt,
  updatedAt: modifiedAt,
  lastRefresh: null,
  nextRefreshAfter: null,
  refreshError: "",
  unauthorized: false
})

const sourceAttributes = (path: string) => ({ path, source: path, source_backend: "file" })

/** What a plugin says wins, except for what the operator wrote into the file for the host alone. */
const attributesOf = (
  { path, settings }: CredentialFile,
  given: Readonly<Record<string, string>>
): Readonly<Record<string, string>> => ({
  ...(settings.priority === undefined ? {} : { priority: String(settings.priority) }),
  ...(settings.note === "" ? {} : { note: settings.note }),
  ...(settings.websockets ? { websockets: "true" } : {}),
  ...given,
  ...(settings.weight === undefined ? {} : { weight: String(settings.weight) }),
  ...Object.fromEntries(Object.entries(settings.headers).map(([name, value]) => [`header:${name}`, value])),
  ...sourceAttributes(path)
})
