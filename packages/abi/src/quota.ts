import { contract } from "./contract.ts"
import { Empty } from "./empty.ts"
import { HostConfigSummary } from "./host-config.ts"
import { IdentifierResponse } from "./identifier.ts"
import { Metadata } from "./lifecycle.ts"
import { scopeField } from "./scoped.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { JsonMap } from "./wire/json.ts"
import { listOf, StringList } from "./wire/list.ts"
import { StrMap } from "./wire/map.ts"
import { nullable } from "./wire/nullable.ts"
import { Bool, Float, Int, Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Request of `quota.describe`. */
export const QuotaDescribeRequest = goStruct({
  /** The called plugin's own metadata. */
  plugin: Metadata
})
/** Request of `quota.describe`. */
export type QuotaDescribeRequest = TypeOf<typeof QuotaDescribeRequest>

/** Result of `quota.describe`. */
export const QuotaDescribeResponse = goStruct(
  {
    /** Provider keys beside the plugin's own identifier. */
    supported_providers: StringList,
    display_name: Str,
    /** `quota.reset` works. */
    supports_reset: Bool
  },
  { omittedWhenEmpty: ["supported_providers", "display_name", "supports_reset"] }
)
/** Result of `quota.describe`. */
export type QuotaDescribeResponse = TypeOf<typeof QuotaDescribeResponse>

/** Request of `quota.fetch` and `quota.reset`. */
export const QuotaRequest = goStruct(
  {
    auth_index: Str,
    auth_id: Str,
    provider: Str,
    /** Stored JSON of the credential. */
    storage_json: Bytes,
    /** The credential's metadata, as stored. */
    metadata: JsonMap,
    /** The credential's attributes, with those that look secret. */
    attributes: StrMap,
    host: HostConfigSummary,
    ...scopeField
  },
  { omittedWhenEmpty: ["storage_json", "metadata", "attributes", "host_callback_id"] }
)
/** Request of `quota.fetch` and `quota.reset`. */
export type QuotaRequest = TypeOf<typeof QuotaRequest>

/** What an account is subscribed to. */
export const QuotaSubscription = goStruct(
  { plan: Str, tierName: Str, tierId: Str },
  { omittedWhenEmpty: ["plan", "tierName", "tierId"], otherNames: { tier_name: "tierName", tier_id: "tierId" } }
)
/** What an account is subscribed to. */
export type QuotaSubscription = TypeOf<typeof QuotaSubscription>

/** One number about an account. */
export const QuotaMetric = goStruct(
  { key: Str, label: Str, value: Float, unit: Str, format: Str, currency: Str },
  { omittedWhenEmpty: ["unit", "format", "currency"] }
)
/** One number about an account. */
export type QuotaMetric = TypeOf<typeof QuotaMetric>

/** One quota. */
export const QuotaBucket = goStruct(
  {
    /** Name of the time span, such as `5h`. */
    window: Str,
    /** From 0 for used up to 1 for untouched. */
    remainingFraction: Float,
    /** RFC 3339, or text for people; empty: unknown. */
    resetTime: Str,
    description: Str
  },
  {
    omittedWhenEmpty: ["window", "resetTime", "description"],
    otherNames: { remaining_fraction: "remainingFraction", reset_time: "resetTime" }
  }
)
/** One quota. */
export type QuotaBucket = TypeOf<typeof QuotaBucket>

/** Quotas that belong together, such as those of one model. */
export const QuotaGroup = goStruct(
  { displayName: Str, buckets: listOf(QuotaBucket) },
  { omittedWhenEmpty: ["displayName", "buckets"], otherNames: { display_name: "displayName" } }
)
/** Quotas that belong together. */
export type QuotaGroup = TypeOf<typeof QuotaGroup>

/** Result of `quota.fetch`. Its camelCase names are also read in snake_case. */
export const QuotaFetchResponse = goStruct(
  {
    subscription: nullable(QuotaSubscription),
    summary: listOf(QuotaMetric),
    /** Milliseconds that the provider's clock is ahead of this one. */
    serverTimeOffsetMs: Int,
    groups: listOf(QuotaGroup)
  },
  {
    omittedWhenEmpty: ["subscription", "summary", "serverTimeOffsetMs", "groups"],
    otherNames: { server_time_offset_ms: "serverTimeOffsetMs" }
  }
)
/** Result of `quota.fetch`. */
export type QuotaFetchResponse = TypeOf<typeof QuotaFetchResponse>

/** Result of `quota.reset`. */
export const QuotaResetResponse = goStruct({ success: Bool, message: Str }, { omittedWhenEmpty: ["message"] })
/** Result of `quota.reset`. */
export type QuotaResetResponse = TypeOf<typeof QuotaResetResponse>

/** Asks for the provider key whose quotas the plugin knows; see `normalizeIdentifier`. */
export const quotaIdentifier = contract("quota.identifier", { request: Empty, result: IdentifierResponse })

/** Asks what the plugin can tell about quotas. */
export const quotaDescribe = contract("quota.describe", {
  request: QuotaDescribeRequest,
  result: QuotaDescribeResponse
})

/** Asks how much of its quotas a credential has left. */
export const quotaFetch = contract("quota.fetch", { request: QuotaRequest, result: QuotaFetchResponse })

/** Resets a credential's quotas at the provider. */
export const quotaReset = contract("quota.reset", { request: QuotaRequest, result: QuotaResetResponse })
