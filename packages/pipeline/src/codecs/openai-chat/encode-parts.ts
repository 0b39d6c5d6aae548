import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { FilePart, ImagePart, MediaSource, Part, TextPart } from "../../canonical/part.ts"
import { urlOfSource } from "./data-url.ts"
import { audioFormatOf, nameOfMediaType } from "./media-types.ts"

/** What stands in for a file that lies with another provider: the model shall know that something is missing. */
const UNREACHABLE = "(A file was attached here that is stored with another provider, and cannot be shown.)"

const isText = (part: Part): part is TextPart => part.type === "text"

/**
 * The `content` of a message. Texts alone become one string, with `between` between them: many servers that call
 * themselves compatible take no array where there is no media. Parts with fields of their own stay an array.
 */
export const encodeContent = (given: ReadonlyArray<Part>, between: string): string | Array<JsonObject> => {
  const parts = given.filter(hasPlace)
  if (parts.every((part) => isText(part) && extensionsFor("openai", part.extensions) === undefined)) {
    return joinTexts(parts, between)
  }
  const content: Array<JsonObject> = []
  for (const part of parts) {
    const written = encodePart(part)
    if (written !== undefined) content.push(written)
  }
  return content.length === 0 ? "" : content
}

/** Whether a message's content has a place for the part. What is only another protocol's has none. */
const hasPlace = (part: Part): boolean =>
  part.type === "foreign" ? part.protocol === "openai" : part.type !== "reasoning"

/** The texts among the parts, but for empty ones. */
export const joinTexts = (parts: ReadonlyArray<Part>, between: string): string => {
  if (parts.length === 1 && parts[0]?.type === "text") return parts[0].text
  const texts: Array<string> = []
  for (const part of parts) if (part.type === "text" && part.text !== "") texts.push(part.text)
  return texts.join(between)
}

/** One part of a `content` array; `undefined` for what has no place there. */
const encodePart = (part: Part): JsonObject | undefined => {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text, ...extensionsFor("openai", part.extensions) }
    case "refusal":
      return { type: "refusal", refusal: part.text }
    case "image":
      return encodeImage(part)
    case "file":
      return encodeFile(part)
    case "foreign":
      return part.protocol === "openai" ? part.value : undefined
    default:
      return undefined
  }
}

/** An image, as a part of a message's content, or of what an assistant answered with. */
export const encodeImage = (part: ImagePart): JsonObject => {
  const { source } = part
  const kept = extensionsFor("openai", part.extensions)
  const url = urlOfSource(source)
  if (url === undefined) return encodeUploaded(source, kept)
  const detail = detailOf(part.detail)
  return { type: "image_url", image_url: detail === undefined ? { url } : { url, detail }, ...kept }
}

/** The details that chat completions know. The Responses API has `original` above `high`. */
const detailOf = (detail: string | undefined): string | undefined => {
  if (detail === "original") return "high"
  return detail === "low" || detail === "high" || detail === "auto" ? detail : undefined
}

const encodeUploaded = (source: MediaSource, kept: JsonObject | undefined): JsonObject =>
  source.kind === "uploaded" && source.protocol === "openai"
    ? { type: "file", file: { file_id: source.id }, ...kept }
    : { type: "text", text: UNREACHABLE }

/**
 * Any other media. Audio and video have parts of their own. A plain text is written as text, since OpenAI reads no
 * files in a chat but PDF. Source: https://platform.openai.com/docs/guides/pdf-files.
 */
const encodeFile = ({ source, name, extensions }: FilePart): JsonObject => {
  const kept = extensionsFor("openai", extensions)
  const url = urlOfSource(source)
  if (url === undefined) return encodeUploaded(source, kept)
  const mediaType = source.mediaType ?? ""
  if (mediaType.startsWith("video/")) return { type: "video_url", video_url: { url }, ...kept }
  if (source.kind === "base64") {
    if (mediaType.startsWith("audio/")) {
      return { type: "input_audio", input_audio: { data: source.data, format: audioFormatOf(mediaType) }, ...kept }
    }
    if (mediaType.startsWith("text/")) {
      const text = Buffer.from(source.data, "base64").toString()
      return { type: "text", text: name === undefined ? text : `${name}:\n${text}`, ...kept }
    }
  }
  return { type: "file", file: { filename: name ?? nameOfMediaType(source.mediaType), file_data: url }, ...kept }
}
