import { contract } from "./contract.ts"
import { Metadata } from "./lifecycle.ts"
import { scoped, scopeField } from "./scoped.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { listOf } from "./wire/list.ts"
import { Headers, Query } from "./wire/map.ts"
import { Int, Null, Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Request of `management.register`. */
export const ManagementRegistrationRequest = goStruct({
  /** The called plugin's own metadata. */
  Plugin: Metadata,
  /** `MANAGEMENT_BASE_PATH`. */
  BasePath: Str,
  /** Of this plugin; see `resourceBasePath`. */
  ResourceBasePath: Str
})
/** Request of `management.register`. */
export type ManagementRegistrationRequest = TypeOf<typeof ManagementRegistrationRequest>

/** One route behind the management key; see `readManagementRoute`. */
export const ManagementRoute = goStruct({
  /** Blank: `GET`. */
  Method: Str,
  Path: Str,
  /** Old way to declare a resource: a `GET` route with a label is one. */
  Menu: Str,
  Description: Str,
  /** Must stay empty. */
  Handler: Null
})
/** One route behind the management key. */
export type ManagementRoute = TypeOf<typeof ManagementRoute>

/** One page that browsers may open without a key, by `GET`; see `resourcePath`. */
export const ResourceRoute = goStruct({
  Path: Str,
  /** Label in the management menu; blank: not listed. */
  Menu: Str,
  Description: Str,
  /** Must stay empty. */
  Handler: Null
})
/** One page that browsers may open without a key. */
export type ResourceRoute = TypeOf<typeof ResourceRoute>

/** Result of `management.register`. */
export const ManagementRegistrationResponse = goStruct(
  { routes: listOf(ManagementRoute), resources: listOf(ResourceRoute) },
  { omittedWhenEmpty: ["routes", "resources"] }
)
/** Result of `management.register`. */
export type ManagementRegistrationResponse = TypeOf<typeof ManagementRegistrationResponse>

/** Request of `management.handle`. */
export const ManagementRequest = goStruct(
  {
    Method: Str,
    /** Full path of the URL. */
    Path: Str,
    Headers,
    Query,
    /** None for resources. */
    Body: Bytes,
    ...scopeField
  },
  scoped
)
/** Request of `management.handle`. */
export type ManagementRequest = TypeOf<typeof ManagementRequest>

/** Result of `management.handle`. */
export const ManagementResponse = goStruct({
  /** 0 means 200; see `statusOrOk`. */
  StatusCode: Int,
  Headers,
  /** Before schema 6, texts in JSON bodies are escaped for HTML; see `managementBodyIsRaw`. */
  Body: Bytes
})
/** Result of `management.handle`. */
export type ManagementResponse = TypeOf<typeof ManagementResponse>

/** Asks for the plugin's management routes and pages. */
export const managementRegister = contract("management.register", {
  request: ManagementRegistrationRequest,
  result: ManagementRegistrationResponse
})

/** Answers a request to one of the plugin's routes and pages. */
export const managementHandle = contract("management.handle", {
  request: ManagementRequest,
  result: ManagementResponse
})
