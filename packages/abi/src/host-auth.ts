import { contract } from "./contract.ts"
import { Empty } from "./empty.ts"
import { goStruct } from "./wire/go-struct.ts"
import { Json } from "./wire/json.ts"
import { listOf } from "./wire/list.ts"
import { Bool, Int, Str } from "./wire/scalar.ts"
import { Time } from "./wire/time.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Requests of ten minutes. */
export const HostRecentRequestEntry = goStruct({
  /** Local time, such as `10:00-10:10`. */
  time: Str,
  success: Int,
  failed: Int
})
/** Requests of ten minutes. */
export type HostRecentRequestEntry = TypeOf<typeof HostRecentRequestEntry>

/** One credential as the host sees it. All but `name` and the five times are left out when empty. */
export const HostAuthFileEntry = goStruct(
  {
    id: Str,
    /** See `authIndex`. */
    auth_index: Str,
    /** Name of the file, or the ID. */
    name: Str,
    /** Provider key. */
    type: Str,
    /** Provider key. */
    provider: Str,
    label: Str,
    /** `unknown`, `active`, `pending`, `refreshing`, `error` or `disabled`. */
    status: Str,
    status_message: Str,
    disabled: Bool,
    unavailable: Bool,
    /** There is no file behind it. */
    runtime_only: Bool,
    /** `file` or `memory`. */
    source: Str,
    path: Str,
    /** Bytes. */
    size: Int,
    modtime: Time,
    updated_at: Time,
    created_at: Time,
    last_refresh: Time,
    next_retry_after: Time,
    email: Str,
    project_id: Str,
    account_type: Str,
    account: Str,
    priority: Int,
    note: Str,
    websockets: Bool,
    success: Int,
    failed: Int,
    /** 20 spans, oldest first. */
    recent_requests: listOf(HostRecentRequestEntry)
  },
  {
    omittedWhenEmpty: [
      "id",
      "auth_index",
      "type",
      "provider",
      "label",
      "status",
      "status_message",
      "disabled",
      "unavailable",
      "runtime_only",
      "source",
      "path",
      "size",
      "email",
      "project_id",
      "account_type",
      "account",
      "priority",
      "note",
      "websockets",
      "success",
      "failed",
      "recent_requests"
    ]
  }
)
/** One credential as the host sees it. */
export type HostAuthFileEntry = TypeOf<typeof HostAuthFileEntry>

/** Result of `host.auth.list`. */
export const HostAuthListResponse = goStruct({
  /** Sorted by lower-case name. */
  files: listOf(HostAuthFileEntry)
})
/** Result of `host.auth.list`. */
export type HostAuthListResponse = TypeOf<typeof HostAuthListResponse>

/** Request of `host.auth.get` and `host.auth.get_runtime`. */
export const HostAuthGetRequest = goStruct({
  /** White space around it is ignored. */
  auth_index: Str
})
/** Request of `host.auth.get` and `host.auth.get_runtime`. */
export type HostAuthGetRequest = TypeOf<typeof HostAuthGetRequest>

/** Result of `host.auth.get`. */
export const HostAuthGetResponse = goStruct(
  {
    auth_index: Str,
    /** Name of the file, or the ID. */
    name: Str,
    path: Str,
    /** The object in the file. Holds secrets. */
    json: Json
  },
  { omittedWhenEmpty: ["name", "path"] }
)
/** Result of `host.auth.get`. */
export type HostAuthGetResponse = TypeOf<typeof HostAuthGetResponse>

/** Result of `host.auth.get_runtime`. */
export const HostAuthGetRuntimeResponse = goStruct({ auth: HostAuthFileEntry })
/** Result of `host.auth.get_runtime`. */
export type HostAuthGetRuntimeResponse = TypeOf<typeof HostAuthGetRuntimeResponse>

/** Request of `host.auth.save`. */
export const HostAuthSaveRequest = goStruct({
  /** Name of the file; see `authFileName`. */
  name: Str,
  /** An object. Holds secrets. */
  json: Json
})
/** Request of `host.auth.save`. */
export type HostAuthSaveRequest = TypeOf<typeof HostAuthSaveRequest>

/** Result of `host.auth.save`. */
export const HostAuthSaveResponse = goStruct({
  name: Str,
  /** Absolute. */
  path: Str
})
/** Result of `host.auth.save`. */
export type HostAuthSaveResponse = TypeOf<typeof HostAuthSaveResponse>

/** Lists the host's credentials. The request may be no bytes at all. */
export const hostAuthList = contract("host.auth.list", {
  request: Empty,
  result: HostAuthListResponse,
  emptyRequest: true
})

/** Reads the file of a credential. */
export const hostAuthGet = contract("host.auth.get", { request: HostAuthGetRequest, result: HostAuthGetResponse })

/** Tells how one credential is doing. */
export const hostAuthGetRuntime = contract("host.auth.get_runtime", {
  request: HostAuthGetRequest,
  result: HostAuthGetRuntimeResponse
})

/** Writes a credential file. */
export const hostAuthSave = contract("host.auth.save", { request: HostAuthSaveRequest, result: HostAuthSaveResponse })
