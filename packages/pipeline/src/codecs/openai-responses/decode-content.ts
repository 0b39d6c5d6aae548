import type { JsonObject } from "../../canonical/json.ts"
import type { CacheMark, FilePart, ForeignPart, ImagePart, MediaSource, Part, TextPart } from "../../canonical/part.ts"
import { sourceOfUrl } from "../openai-chat/data-url.ts"
import { mediaTypeOfName } from "../media-types.ts"
import { mediaTypeOfAudio } from "../openai-chat/media-types.ts"
import { isObject, needList, needObject, needText, optional, parseJson, refuse, textOr } from "../json-fields.ts"

/** A part that only the Responses API knows. */
export const foreignPart = (value: JsonObject): ForeignPart => ({ type: "foreign", protocol: "openai-response", value })

/**
 * Reads the `content` of a message item: a text, or a list of parts.
 * Source: https://platform.openai.com/docs/api-reference/responses/create, `input`.
 */
export const readContent = (value: unknown, path: string): ReadonlyArray<Part> => {
  if (typeof value === "string") return [{ type: "text", text: value }]
  return needList(value, path).map((part, index) =>
    readPart(needObject(part, `${path}[${index}]`), `${path}[${index}]`)
  )
}

/**
 * Reads the `output` of a tool: a text, or a list of parts. Some clients send the list as JSON text; one that holds
 * media is unwrapped, so that an image is not billed as the text of its base64.
 */
export const readToolOutput = (value: unknown, path: string): ReadonlyArray<TextPart | ImagePart | FilePart> => {
  if (typeof value === "string") return unwrapMedia(value) ?? [{ type: "text", text: value }]
  const parts: Array<TextPart | ImagePart | FilePart> = []
  for (const part of readContent(value, path)) {
    if (isToolOutput(part)) parts.push(part)
    else parts.push({ type: "text", text: JSON.stringify(part.type === "foreign" ? part.value : part) })
  }
  return parts
}

const isToolOutput = (part: Part): part is TextPart | ImagePart | FilePart =>
  part.type === "text" || part.type === "image" || part.type === "file"

const readPart = (part: JsonObject, path: string): Part => {
  switch (part["type"]) {
    case "input_text":
    case "output_text":
    case "text":
      return { type: "text", text: needText(part["text"], `${path}.text`), cache: readCacheMark(part) }
    case "refusal":
      return { type: "refusal", text: needText(part["refusal"], `${path}.refusal`) }
    case "input_image":
      return readImage(part, path)
    case "input_file":
      return readFile(part, path)
    case "input_audio":
      return readAudio(needObject(part["input_audio"], `${path}.input_audio`), `${path}.input_audio`)
    default:
      needText(part["type"], `${path}.type`)
      return foreignPart(part)
  }
}

const readImage = (part: JsonObject, path: string): ImagePart => {
  const url = optional(needText, part["image_url"], `${path}.image_url`)
  const id = optional(needText, part["file_id"], `${path}.file_id`)
  return {
    type: "image",
    source: url === undefined ? uploaded(id, path, "image_url") : readUrl(url, `${path}.image_url`),
    detail: optional(needText, part["detail"], `${path}.detail`),
    cache: readCacheMark(part)
  }
}

const readFile = (part: JsonObject, path: string): FilePart => {
  const data = optional(needText, part["file_data"], `${path}.file_data`)
  const url = optional(needText, part["file_url"], `${path}.file_url`)
  const id = optional(needText, part["file_id"], `${path}.file_id`)
  const name = optional(needText, part["filename"], `${path}.filename`)
  const source = (): MediaSource => {
    if (data !== undefined) {
      if (data.startsWith("data:")) return readUrl(data, `${path}.file_data`)
      // PDF is what this API took first, and what clients mean that do not say.
      return { kind: "base64", mediaType: mediaTypeOfName(name ?? "") ?? "application/pdf", data }
    }
    return url === undefined ? uploaded(id, path, "file_data") : readUrl(url, `${path}.file_url`)
  }
  return { type: "file", source: source(), name, cache: readCacheMark(part) }
}

const readAudio = (audio: JsonObject, path: string): FilePart => {
  const data = needText(audio["data"], `${path}.data`)
  const format = needText(audio["format"], `${path}.format`)
  return { type: "file", source: { kind: "base64", mediaType: mediaTypeOfAudio(format), data } }
}

const readUrl = (url: string, path: string): MediaSource =>
  sourceOfUrl(url) ?? refuse(path, "is a `data:` URL that cannot be read")

/** Uploaded files belong to OpenAI, whichever of its protocols names them. */
const uploaded = (id: string | undefined, path: string, field: string): MediaSource =>
  id === undefined
    ? refuse(`${path}.${field}`, "is required when there is no `file_id`")
    : { kind: "uploaded", protocol: "openai", id }

/** OpenAI keeps a prefix for 30 minutes or 12 hours; of the lifetimes that the canonical mark has, an hour is nearest. */
const readCacheMark = (part: JsonObject): CacheMark | undefined => {
  const mark = part["prompt_cache_breakpoint"]
  if (!isObject(mark)) return undefined
  return typeof mark["ttl"] === "string" ? { ttl: "1h" } : {}
}

/** The parts in a JSON text that is a list of text and media parts, with at least one of media. */
const unwrapMedia = (text: string): ReadonlyArray<TextPart | ImagePart | FilePart> | undefined => {
  if (!text.trimStart().startsWith("[") || !text.includes('"type"')) return undefined
  const list = parseJson(text)
  if (!Array.isArray(list)) return undefined
  const parts: Array<TextPart | ImagePart | FilePart> = []
  for (const value of list) {
    const part = isObject(value) ? wrappedPart(value) : undefined
    if (part === undefined) return undefined
    parts.push(part)
  }
  return parts.some((part) => part.type !== "text") ? parts : undefined
}

/** A part of such a list, in the words of the Responses API, of chat completions, or of the Model Context Protocol. */
const wrappedPart = (part: JsonObject): TextPart | ImagePart | undefined => {
  switch (part["type"]) {
    case "input_text":
    case "output_text":
    case "text":
      return typeof part["text"] === "string" ? { type: "text", text: part["text"] } : undefined
    case "input_image":
    case "image_url": {
      const { url, detail } = isObject(part["image_url"])
        ? part["image_url"]
        : { url: part["image_url"], detail: part["detail"] }
      const source = typeof url === "string" ? sourceOfUrl(url) : undefined
      return source === undefined ? undefined : { type: "image", source, detail: textOr(detail) || undefined }
    }
    case "image": {
      const data = textOr(part["data"])
      const mediaType = textOr(part["mimeType"])
      return data === "" || mediaType === ""
        ? undefined
        : { type: "image", source: { kind: "base64", mediaType, data } }
    }
    default:
      return undefined
  }
}
