import { isNode, isScalar } from "yaml"

/** The text of a scalar as it was written; what is not a scalar has none. */
export const scalarText = (node: unknown): string => {
  if (!isScalar(node)) return ""
  return typeof node.value === "string" ? node.value : (node.source ?? JSON.stringify(node.value) ?? "")
}

/** Where a node begins in the text; `otherwise` for one that stands nowhere. */
export const offsetOf = (node: unknown, otherwise: number): number =>
  (isNode(node) ? node.range?.[0] : undefined) ?? otherwise
