import type { JsonObject } from "../../canonical/json.ts"
import type { FilePart, ImagePart, TextPart, ToolResultPart } from "../../canonical/part.ts"
import { needList, needObject, needText, optional, otherFields, refuse } from "../json-fields.ts"
import type { CallIds } from "./call-ids.ts"
import { decodeFileData, decodeInlineData } from "./decode-media.ts"
import { wireField } from "./wire-fields.ts"

const KNOWN: ReadonlySet<string> = new Set(["id", "call_id", "name", "response", "parts"])

/**
 * Reads a `functionResponse`. Its `response` is an object of the client's making: `output` alone is the text of the
 * result, `error` alone that of a failure; any other object is told as JSON text and kept. Source:
 * https://ai.google.dev/api/caching#FunctionResponse
 */
export const decodeFunctionResponse = (value: unknown, path: string, ids: CallIds): ToolResultPart => {
  const json = needObject(value, path)
  const name = needText(json["name"], `${path}.name`)
  // Other gateways name the ID as OpenAI does.
  const id = optional(needText, wireField(json, "id", "call_id"), `${path}.id`)
  const response = optional(needObject, json["response"], `${path}.response`) ?? {}
  const { exact, isError, text } = readResponse(response, name)
  const fields = otherFields(json, KNOWN)
  const kept = exact ? fields : { ...fields, response }
  return {
    type: "tool_result",
    callId: ids.ofResponse(id, name),
    name,
    content: [...textContent(text), ...decodeResponseParts(json["parts"], `${path}.parts`)],
    isError: isError || undefined,
    extensions: kept && { protocol: "gemini", fields: kept }
  }
}

const textContent = (text: string | undefined): ReadonlyArray<TextPart> =>
  text === undefined ? [] : [{ type: "text", text }]

interface ReadResponse {
  readonly text: string | undefined
  readonly isError: boolean
  /** Whether the text alone gives the same object again. */
  readonly exact: boolean
}

const readResponse = (response: JsonObject, name: string): ReadResponse => {
  // Some clients put the function's name beside the result.
  const named = response["name"] === name
  const keys = Object.keys(response).filter((key) => !named || key !== "name")
  const [key] = keys
  if (key === undefined && !named) return { text: undefined, isError: false, exact: true }
  if (keys.length === 1 && key !== undefined && RESULT_KEYS.has(key)) {
    const value = response[key]
    const isError = key === "error"
    if (typeof value === "string") return { text: value, isError, exact: !named && (isError || key === "output") }
    return { text: JSON.stringify(value), isError, exact: false }
  }
  return { text: JSON.stringify(response), isError: false, exact: false }
}

/** The two that the reference names, and the two that are in wide use. */
const RESULT_KEYS: ReadonlySet<string> = new Set(["output", "error", "result", "content"])

const decodeResponseParts = (value: unknown, path: string): ReadonlyArray<ImagePart | FilePart> =>
  (optional(needList, value, path) ?? []).map((part, index) => {
    const place = `${path}[${index}]`
    const json = needObject(part, place)
    return (
      decodeInlineData(wireField(json, "inlineData", "inline_data"), `${place}.inlineData`) ??
      decodeFileData(wireField(json, "fileData", "file_data"), `${place}.fileData`) ??
      refuse(place, "must have `inlineData` or `fileData`")
    )
  })
