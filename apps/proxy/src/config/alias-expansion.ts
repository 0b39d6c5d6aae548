import { type Document, isAlias, isMap, isNode, isPair, isSeq, type Node } from "yaml"

/** Values that aliases may stand for: more than settings need, and few enough to write out at once. */
export const maxExpandedValues = 100_000

/**
 * How many values a part of a document has once every alias in it is written out; `Infinity` when it holds itself. A few
 * lines of aliases of aliases can stand for billions, so this is found out without writing them.
 */
export const expandedValues = (root: Node, document: Document): number => {
  const known = new Map<Node, number>()
  const sizeOf = (node: unknown): number => {
    if (isPair(node)) return sizeOf(node.key) + sizeOf(node.value)
    if (isAlias(node)) return sizeOf(node.resolve(document))
    if (!isNode(node)) return 0
    if (!isMap(node) && !isSeq(node)) return 1
    const before = known.get(node)
    if (before !== undefined) return before
    // Met again before it is counted, it holds itself.
    known.set(node, Infinity)
    const size = node.items.reduce<number>((sum, item) => sum + sizeOf(item), 1)
    known.set(node, size)
    return size
  }
  return sizeOf(root)
}
