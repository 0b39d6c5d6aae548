import {
  authFileName,
  encodeSuccess,
  hostAuthGet,
  type HostAuthGetResponse,
  hostAuthGetRuntime,
  hostAuthList,
  type HostAuthFileEntry,
  hostAuthSave,
  rawJsonField
} from "@cliproxy/abi"
import { Clock, Effect, Result } from "effect"
import { stat } from "node:fs/promises"

import { HostCallFailed, type HostMethods, serving, servingBytes } from "../plugin-host/host-calls.ts"
import { readCredentialFile } from "./credential-directory.ts"
import type { CredentialRest } from "./credential-rest.ts"
import type { CredentialStore } from "./credential-store.ts"
import { integer, readWeight } from "./file-settings.ts"
import { isJsonObject, readJsonObject } from "./json-object.ts"
import { type RequestCounts, SPAN_MS } from "./request-counts.ts"
import type { StoredCredential } from "./stored-credential.ts"

/**
 * Serves `host.auth.*`: the credentials of the directory, for plugins. `storeNow` gives `undefined` while the gateway is
 * not up. `configured` tells whether an index is that of a credential from the configuration, which has no file.
 * Source: plugin ABI, credentials.
 */
export const hostAuthMethods = (
  storeNow: () => CredentialStore | undefined,
  configured: (index: string) => boolean,
  restsUntil: CredentialRest = () => undefined
): HostMethods => {
  const withStore = Effect.suspend(() => {
    const store = storeNow()
    return store === undefined ? failed("core auth manager unavailable") : Effect.succeed(store)
  })

  const credentialOf = (given: string): Effect.Effect<StoredCredential, HostCallFailed> => {
    const index = given.trim()
    if (index === "") return failed("auth_index is required")
    return Effect.flatMap(withStore, (store) => {
      const credential = store.credentials().find((one) => one.index === index)
      return credential === undefined ? failed(`auth not found for auth_index ${index}`) : Effect.succeed(credential)
    })
  }

  const fileOf = (given: string): Effect.Effect<StoredCredential, HostCallFailed> =>
    configured(given.trim()) ? failed(`auth file path not found for auth_index ${given.trim()}`) : credentialOf(given)

  const runtimeOf = (given: string): Effect.Effect<StoredCredential, HostCallFailed> =>
    configured(given.trim()) ? failed(notShown(given.trim())) : credentialOf(given)

  /** Undefined for a credential that is not shown: switched off, and without its file. */
  const entryOf = Effect.fnUntraced(function* (credential: StoredCredential) {
    const store = yield* withStore
    const file = yield* Effect.promise(() => stat(credential.path).catch(() => undefined))
    if (file === undefined && credential.disabled) return undefined
    const now = yield* Clock.currentTimeMillis
    return entry(credential, store.requests, file, restsUntil(credential.id, now), now)
  })

  return {
    "host.auth.list": serving(hostAuthList, () =>
      Effect.flatMap(withStore, (store) => Effect.forEach(store.credentials(), entryOf, { concurrency: 16 })).pipe(
        Effect.map((entries) => ({
          files: entries
            .filter((one): one is HostAuthFileEntry => one !== undefined)
            .toSorted((a, b) => compare(a.name.toLowerCase(), b.name.toLowerCase()) || compare(a.id, b.id))
        }))
      )
    ),
    "host.auth.get": servingBytes(
      hostAuthGet,
      Effect.fnUntraced(function* ({ auth_index }) {
        const { fileName, index, path } = yield* fileOf(auth_index)
        const content = yield* readCredentialFile(path).pipe(
          Effect.mapError(({ message }) => invalidFile(index, message))
        )
        if (content === undefined) return yield* failed(`auth file not found for auth_index ${index}`)
        const text = content.bytes.toString()
        if (text.trim() === "") return yield* failed(`auth file is empty for auth_index ${index}`)
        const json = readJsonObject(text)
        if (Result.isFailure(json)) return yield* invalidFile(index, json.failure)
        return withJsonText({ auth_index: index, name: fileName, path }, text.trim())
      })
    ),
    "host.auth.get_runtime": serving(
      hostAuthGetRuntime,
      Effect.fnUntraced(function* ({ auth_index }) {
        const auth = yield* Effect.flatMap(runtimeOf(auth_index), entryOf)
        return auth === undefined ? yield* failed(notShown(auth_index.trim())) : { auth }
      })
    ),
    "host.auth.save": serving(
      hostAuthSave,
      Effect.fnUntraced(function* ({ json, name: given }, { bytes }) {
        const name = authFileName(given)
        if (Result.isFailure(name)) return yield* failed(name.failure)
        if (json === null) return yield* failed("json is required")
        if (!isJsonObject(json)) return yield* failed("invalid auth json: it is not a JSON object")
        const weight = readWeight(json["weight"])
        if (Result.isFailure(weight)) return yield* failed(`invalid auth weight: ${weight.failure}`)
        const store = yield* withStore
        if (store.source().dir === undefined) return yield* failed("auth directory is unavailable")
        // As the plugin wrote it: JavaScript's numbers would lose digits of what it stores.
        const text = rawJsonField(bytes, "json") ?? JSON.stringify(json)
        const path = yield* store
          .write(name.success, Buffer.from(text))
          .pipe(
            Effect.mapError(({ message }) => new HostCallFailed({ message: `failed to write auth file: ${message}` }))
          )
        return { name: name.success, path }
      })
    )
  }
}

/** The envelope of `host.auth.get` with the text of a file in it as it is, since plugins write back what they got. */
const withJsonText = (answer: Omit<HostAuthGetResponse, "json">, text: string): Uint8Array => {
  const envelope = Buffer.from(encodeSuccess(hostAuthGet.encodeResult({ ...answer, json: null }))).toString()
  // `json` is the last field of the result, and the result that of the envelope.
  return Buffer.from(`${envelope.slice(0, -"null}}".length)}${text}}}`)
}

const entry = (
  credential: StoredCredential,
  requests: RequestCounts,
  file: { readonly size: number; readonly mtime: Date } | undefined,
  restsUntil: number | undefined,
  now: number
): HostAuthFileEntry => {
  const { attributes, metadata, settings } = credential
  const { failed: failures, success } = requests.total(credential.id)
  const text = (key: string): string => {
    const value = metadata[key] ?? credential.storage?.[key]
    return typeof value === "string" ? value : ""
  }
  const failing = credential.refreshError !== ""
  return {
    id: credential.id,
    auth_index: credential.index,
    name: credential.fileName,
    type: credential.provider,
    provider: credential.provider,
    label: credential.label,
    status: credential.disabled ? "disabled" : failing ? "error" : "active",
    status_message: credential.unauthorized ? "unauthorized" : credential.refreshError,
    disabled: credential.disabled,
    unavailable: credential.unauthorized || restsUntil !== undefined,
    runtime_only: false,
    source: "file",
    path: credential.path,
    size: file?.size ?? 0,
    modtime: file?.mtime ?? null,
    updated_at: credential.updatedAt,
    created_at: credential.createdAt,
    last_refresh: credential.lastRefresh,
    next_retry_after: restsUntil !== undefined && Number.isFinite(restsUntil) ? new Date(restsUntil) : null,
    email: settings.email || text("email"),
    project_id: text("project_id"),
    account_type: text("account_type"),
    account: text("account"),
    priority: integer(attributes["priority"]) ?? 0,
    note: attributes["note"] ?? "",
    websockets: attributes["websockets"] === "true",
    success,
    failed: failures,
    recent_requests: requests.recent(credential.id, now).map(({ startsAt, ...counts }) => ({
      time: `${localTime(startsAt)}-${localTime(startsAt + SPAN_MS)}`,
      ...counts
    }))
  }
}

/** `HH:MM` on this machine's clock. */
const localTime = (millis: number): string => new Date(millis).toTimeString().slice(0, 5)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const failed = (message: string): Effect.Effect<never, HostCallFailed> => Effect.fail(new HostCallFailed({ message }))

const notShown = (index: string): string => `auth runtime info not found for auth_index ${index}`

const invalidFile = (index: string, why: string): HostCallFailed =>
  new HostCallFailed({ message: `invalid auth file for auth_index ${index}: ${why}` })
