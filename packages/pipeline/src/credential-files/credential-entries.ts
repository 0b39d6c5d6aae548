import type { HostAuthFileEntry } from "@cliproxy/abi"
import { Clock, Effect } from "effect"
import { stat } from "node:fs/promises"

import type { CredentialRest } from "./credential-rest.ts"
import type { CredentialStore } from "./credential-store.ts"
import { integer } from "./file-settings.ts"
import { type RequestCounts, SPAN_MS } from "./request-counts.ts"
import type { StoredCredential } from "./stored-credential.ts"

/**
 * What is told of a credential, to plugins and to operators; nothing secret. Undefined for one that is not shown:
 * switched off, and without its file.
 */
export const credentialEntry = Effect.fnUntraced(function* (
  store: CredentialStore,
  credential: StoredCredential,
  restsUntil: CredentialRest
): Effect.fn.Return<HostAuthFileEntry | undefined> {
  const file = yield* Effect.promise(() => stat(credential.path).catch(() => undefined))
  if (file === undefined && credential.disabled) return undefined
  const now = yield* Clock.currentTimeMillis
  return entry(credential, store.requests, file, restsUntil(credential.id, now), now)
})

/** What is told of all credentials of a directory, sorted by the names of their files. */
export const credentialEntries = (
  store: CredentialStore,
  restsUntil: CredentialRest
): Effect.Effect<ReadonlyArray<HostAuthFileEntry>> =>
  Effect.suspend(() =>
    Effect.forEach(store.credentials(), (one) => credentialEntry(store, one, restsUntil), { concurrency: 16 })
  ).pipe(
    Effect.map((entries) =>
      entries
        .filter((one): one is HostAuthFileEntry => one !== undefined)
        .toSorted((a, b) => compare(a.name.toLowerCase(), b.name.toLowerCase()) || compare(a.id, b.id))
    )
  )

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
