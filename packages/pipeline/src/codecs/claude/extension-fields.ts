import { type Extensions, extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"

/** Fields that only Claude knows; nothing when there are none. */
export const claudeExtensions = (fields: JsonObject | undefined): Extensions | undefined =>
  fields === undefined ? undefined : { protocol: "claude", fields }

/** A block that the canonical model holds only a rendering of, as it came. */
export const originalBlock = (extensions: Extensions | undefined): JsonObject | undefined => {
  const block = extensionsFor("claude", extensions)?.["block"]
  return block === undefined ? undefined : (block as JsonObject)
}
