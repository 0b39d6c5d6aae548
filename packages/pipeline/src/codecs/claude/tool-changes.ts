import type { JsonObject } from "../../canonical/json.ts"
import { isObject, listOr, objectOr, textOr } from "../json-fields.ts"

/**
 * Whether a block of instructions between the messages changes the tools.
 * Source: platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages, tool changes.
 */
export const isToolChange = (block: unknown): boolean =>
  isObject(block) && (block["type"] === "tool_addition" || block["type"] === "tool_removal")

/**
 * `tools` as the instructions between the messages have changed them, for a model that knows no such changes: it may call
 * what is there at the end. The field as it is when nothing changes it.
 */
export const toolsInEffect = (body: JsonObject): unknown => {
  const changes = listOr(body["messages"]).flatMap((message) =>
    isObject(message) && message["role"] === "system" ? listOr(message["content"]).filter(isToolChange) : []
  )
  if (changes.length === 0) return body["tools"]
  const known = new Map(listOr(body["tools"]).map((tool) => [textOr(objectOr(tool)["name"]), tool]))
  const offered = new Map(known)
  for (const change of changes) {
    const { tool, type } = objectOr(change)
    const { definition, name } = objectOr(tool)
    if (isObject(definition)) {
      known.set(textOr(definition["name"]), definition)
      offered.set(textOr(definition["name"]), definition)
    } else if (type === "tool_removal") offered.delete(textOr(name))
    else if (known.has(textOr(name))) offered.set(textOr(name), known.get(textOr(name)))
  }
  return [...offered.values()]
}
