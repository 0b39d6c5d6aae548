import type { IncomingHttpHeaders } from "node:http"

import type { ProtocolName } from "@cliproxy/pipeline"

import { geminiAction } from "./gemini-path.ts"

/**
 * The protocol that a client speaks, told by where it knocks: it gets its answers and its errors in it. The list of
 * models has the same path in several protocols; there the headers that each protocol's SDK sends decide. What nobody
 * claims is OpenAI's.
 */
export const clientProtocol = (method: string, path: string, headers: IncomingHttpHeaders): ProtocolName => {
  if (isBelow(path, "/v1beta")) return "gemini"
  if (isBelow(path, "/v1/messages")) return "claude"
  if (isBelow(path, "/v1/responses")) return "openai-response"
  if (!isBelow(path, "/v1/models")) return "openai"
  if (method === "POST" && geminiAction(path) !== undefined) return "gemini"
  if (headers["anthropic-version"] !== undefined) return "claude"
  return headers["x-goog-api-key"] === undefined ? "openai" : "gemini"
}

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)
