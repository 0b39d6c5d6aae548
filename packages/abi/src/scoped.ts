import { Str } from "./wire/scalar.ts"

/**
 * Last field of a scoped request: ties the host calls that a plugin makes meanwhile to the client's request.
 * Left out when empty. Source: plugin ABI, scopes (`docs/plugin-abi.md`).
 */
export const scopeField = { host_callback_id: Str } as const

/** Structure options of scoped requests. */
export const scoped = { omittedWhenEmpty: ["host_callback_id"] } as const
