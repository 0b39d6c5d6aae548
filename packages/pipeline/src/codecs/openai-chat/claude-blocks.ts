import type { JsonObject } from "../../canonical/json.ts"
import type { Part, ToolResultPart } from "../../canonical/part.ts"
import { decodeCall, decodeResult } from "../claude/decode-blocks.ts"
import { decodeDocument, decodeImage } from "../claude/decode-media.ts"
import { isObject } from "../json-fields.ts"

/*
 * Agents that speak Claude as well, Cursor among them, put Claude's blocks and tools into chat completions, and rely on
 * the server to know them. Source: platform.claude.com/docs/en/api/messages for the blocks.
 */

/** The parts of a block that is Claude's and no chat completion's; `undefined` for any other. */
export const claudeParts = (block: JsonObject, path: string): ReadonlyArray<Part> | undefined => {
  switch (block["type"]) {
    case "tool_use":
      return [decodeCall(block, path)]
    case "image":
      return isObject(block["source"]) ? [decodeImage(block, path)] : undefined
    case "document":
      return isObject(block["source"]) ? decodeDocument(block, path) : undefined
    default:
      return undefined
  }
}

/** What a user's message holds when results of tools are among its blocks. */
export interface ResultsAndContent {
  readonly results: ReadonlyArray<ToolResultPart>
  /** The other blocks. */
  readonly content: ReadonlyArray<unknown>
}

/** Takes Claude's `tool_result` blocks out of a message's content; `undefined` when there is none. */
export const takeClaudeResults = (content: unknown, path: string): ResultsAndContent | undefined => {
  if (!Array.isArray(content) || !content.some(isClaudeResult)) return undefined
  return {
    results: content.flatMap((block: unknown, index) =>
      isClaudeResult(block) ? [decodeResult(block, `${path}[${index}]`)] : []
    ),
    content: content.filter((block) => !isClaudeResult(block))
  }
}

const isClaudeResult = (block: unknown): block is JsonObject => isObject(block) && block["type"] === "tool_result"

/** Whether a tool is written as Claude has it: the schema beside the name. */
export const isClaudeTool = (tool: JsonObject): boolean =>
  tool["function"] === undefined &&
  typeof tool["name"] === "string" &&
  (tool["type"] === undefined || tool["type"] === "custom") &&
  (isObject(tool["input_schema"]) || tool["type"] === undefined)

/** Whether a tool is one that Claude's provider runs, such as `web_search_20250305`. */
export const isClaudeServerTool = ({ type }: JsonObject): boolean => typeof type === "string" && /_20\d{6}$/.test(type)
