import type { JsonObject } from "./json.ts"

/** Names of the protocols that have a codec, as plugins know them. Source: plugin ABI, formats. */
export type ProtocolName = "openai" | "openai-response" | "claude" | "gemini"

/**
 * What one protocol says and the canonical model has no place for, by the wire's field names. It comes out again when
 * the same protocol is written, and goes nowhere else.
 */
export interface Extensions {
  readonly protocol: ProtocolName
  readonly fields: JsonObject
}

/** The fields kept for `protocol`; none when there are none, or they are another protocol's. */
export const extensionsFor = (protocol: ProtocolName, extensions: Extensions | undefined): JsonObject | undefined =>
  extensions?.protocol === protocol ? extensions.fields : undefined
