import { createHash } from "node:crypto"

import type { TranslationContext } from "../codec.ts"

/** What a tool may be called. Source: the API's own error text, `tools.0.custom.name: String should match pattern`. */
const ALLOWED = /^[a-zA-Z0-9_-]{1,128}$/

/** Of the name as the client wrote it: eight hexadecimal digits keep shortened names apart. */
const digest = (name: string): string => createHash("sha256").update(name).digest("hex").slice(0, 8)

/**
 * The name of a tool as Claude takes it: unchanged when it can be, else with `_` for each character that it cannot, cut,
 * and with a digest of the whole name. The context learns the way back.
 */
export const wireToolName = (name: string, context: TranslationContext): string => {
  if (ALLOWED.test(name)) return name
  const wire = `${name.replaceAll(/[^a-zA-Z0-9_-]/g, "_").slice(0, 119)}_${digest(name)}`
  context.toolNames.set(wire, name)
  return wire
}
