import { Document, isMap, isSeq, visit, type YAMLMap } from "yaml"

import { expandedValues, maxExpandedValues } from "./alias-expansion.ts"
import type { ConfigFile, Found } from "./config-section.ts"

/** Settings that the host owns; they are made visible to the plugin even when nobody wrote them. */
export interface HostOwned {
  readonly enabled: boolean
  readonly priority: number
}

const hasKey = (map: YAMLMap, key: string): boolean => map.has(key)

const hasAlias = (map: YAMLMap): boolean => {
  let found = false
  visit(map, {
    Alias: () => {
      found = true
      return visit.BREAK
    }
  })
  return found
}

/** The lines of a block mapping as they stand in the file, moved to the left margin. */
const sourceOf = (map: YAMLMap, text: string): string => {
  const [start, , end] = map.range ?? [0, 0, 0]
  const indent = start - (text.lastIndexOf("\n", start - 1) + 1)
  const margin = new RegExp(`^ {0,${indent}}`)
  return text
    .slice(start - indent, end)
    .split(/\r?\n/)
    .map((line) => line.replace(margin, ""))
    .join("\n")
}

/** The same settings, written anew: needed when they lean on other parts of the file, or stand on one line. */
const rewritten = (map: YAMLMap, at: Found, file: ConfigFile): string => {
  if (hasAlias(map)) {
    if (expandedValues(map, file.document) > maxExpandedValues) {
      file.report("error", at, `its aliases stand for more than ${maxExpandedValues} values`)
      return ""
    }
    return new Document(map.toJS(file.document, { maxAliasCount: -1 })).toString()
  }
  const copy = new Document(map.clone())
  visit(copy, {
    Collection: (_, node) => {
      if (isMap(node) || isSeq(node)) node.flow = false
    }
  })
  return copy.toString()
}

/**
 * The text that a plugin gets as its settings: its subtree as it stands in the file, comments and unknown keys included,
 * with `enabled` and `priority` appended when they are missing, trimmed, one final newline. Source: plugin ABI,
 * section "What the plugin receives as config_yaml".
 */
export const pluginYaml = (at: Found, { enabled, priority }: HostOwned, file: ConfigFile): string => {
  const map = isMap(at.node) ? at.node : undefined
  if (map === undefined || map.items.length === 0) return `enabled: ${enabled}\npriority: ${priority}\n`
  const plain = map.flow !== true && !hasAlias(map)
  const lines = [(plain ? sourceOf(map, file.text) : rewritten(map, at, file)).trim()]
  if (!hasKey(map, "enabled")) lines.push(`enabled: ${enabled}`)
  if (!hasKey(map, "priority")) lines.push(`priority: ${priority}`)
  return `${lines.join("\n")}\n`
}
