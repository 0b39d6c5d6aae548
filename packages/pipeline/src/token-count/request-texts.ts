import type { JsonObject } from "../canonical/json.ts"
import type { FilePart, ImagePart, Part } from "../canonical/part.ts"
import type { CanonicalRequest } from "../canonical/request.ts"
import type { Tool } from "../canonical/tool.ts"

/** What of a request takes tokens: every text of it, in order, and what is not text. */
export interface RequestContents {
  readonly text: (text: string) => void
  readonly image: (image: ImagePart) => void
  readonly file: (file: FilePart) => void
}

/**
 * Tokens around each message, for its role and its borders, and before the answer.
 * Source: https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken.
 */
export const TOKENS_PER_MESSAGE = 3
export const TOKENS_BEFORE_ANSWER = 3

/** Tokens around each tool and each call of one: its kind, the ID, the borders. */
export const TOKENS_PER_TOOL = 8

/**
 * Tokens of a document, an audio or a video whose length is not known: about one page of a PDF (Claude counts 1,500 to
 * 3,000 for a page, https://platform.claude.com/docs/en/build-with-claude/pdf-support).
 */
export const TOKENS_PER_FILE = 1500

/** Hands over everything in a request that takes tokens; gives the tokens of what holds it together. */
export const visitContents = (request: CanonicalRequest, contents: RequestContents): number => {
  let frame = TOKENS_BEFORE_ANSWER
  for (const message of request.messages) {
    frame += TOKENS_PER_MESSAGE
    for (const part of message.parts) frame += visitPart(part, contents)
  }
  for (const tool of request.tools) frame += visitTool(tool, contents)
  if (request.responseFormat?.type === "json_schema") contents.text(JSON.stringify(request.responseFormat.schema))
  return frame
}

const visitPart = (part: Part, contents: RequestContents): number => {
  switch (part.type) {
    case "text":
    case "reasoning":
    case "refusal":
      contents.text(part.text)
      return 0
    case "image":
      contents.image(part)
      return 0
    case "file":
      visitFile(part, contents)
      return 0
    case "tool_call":
      contents.text(part.name)
      contents.text(textOf(part.arguments))
      return TOKENS_PER_TOOL
    case "tool_result":
      for (const inner of part.content) visitPart(inner, contents)
      return TOKENS_PER_MESSAGE
    case "foreign":
      contents.text(JSON.stringify(part.value))
      return 0
  }
}

const visitFile = (file: FilePart, contents: RequestContents): void => {
  const { source } = file
  if (source.kind === "base64" && source.mediaType.startsWith("text/")) {
    contents.text(Buffer.from(source.data, "base64").toString())
  } else contents.file(file)
}

const visitTool = (tool: Tool, contents: RequestContents): number => {
  if (tool.type === "foreign") {
    contents.text(JSON.stringify(tool.value))
    return TOKENS_PER_TOOL
  }
  contents.text(tool.name)
  if (tool.description !== undefined) contents.text(tool.description)
  if (tool.parameters !== undefined) contents.text(JSON.stringify(tool.parameters))
  return TOKENS_PER_TOOL
}

const textOf = (given: JsonObject | string): string => (typeof given === "string" ? given : JSON.stringify(given))
