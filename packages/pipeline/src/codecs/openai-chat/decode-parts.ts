import type { JsonObject } from "../../canonical/json.ts"
import type { CacheMark, FilePart, ImagePart, MediaSource, Part, TextPart } from "../../canonical/part.ts"
import { isObject, kindOf, needObject, needText, objectOr, optional, refuse, textOr } from "../json-fields.ts"
import { claudeParts } from "./claude-blocks.ts"
import { sourceOfUrl } from "./data-url.ts"
import { keptFields } from "./kept-fields.ts"
import { mediaTypeOfName } from "../media-types.ts"
import { mediaTypeOfAudio } from "./media-types.ts"

/**
 * `cache_control` as OpenRouter and others take it from Claude: a mark on a part, a tool or a message. It is kept among
 * the extensions as well, so that only clients who wrote it have it sent to a provider of this protocol.
 */
export const cacheOf = (json: JsonObject): CacheMark | undefined => {
  const mark = json["cache_control"]
  if (!isObject(mark)) return undefined
  const ttl = textOr(mark["ttl"])
  return ttl === "" ? {} : { ttl }
}

const TEXT_FIELDS = new Set(["type", "text"])
const IMAGE_FIELDS = new Set(["type", "image_url"])
const AUDIO_FIELDS = new Set(["type", "input_audio"])
const FILE_FIELDS = new Set(["type", "file"])
const VIDEO_FIELDS = new Set(["type", "video_url"])

/**
 * A message's `content`: a string, or an array of parts. An empty string is no part.
 * Source: https://platform.openai.com/docs/api-reference/chat/create, `messages`. `video_url` is what OpenRouter, vLLM
 * and others add; `thinking` is Mistral's. Parts that nobody knows are foreign.
 */
export const decodeContent = (content: unknown, path: string): Array<Part> => {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }]
  if (!Array.isArray(content)) {
    return refuse(
      path,
      content === undefined ? "is required" : `must be a string or an array of parts, not ${kindOf(content)}`
    )
  }
  return content.flatMap((part, index) => decodePart(part, `${path}[${index}]`))
}

/** The content of a tool's answer: OpenAI takes text alone here; other servers, and so this gateway, take media. */
export const decodeToolContent = (content: unknown, path: string): Array<TextPart | ImagePart | FilePart> => {
  if (content === null) return []
  // Agents pass on what a tool gave: one part, or any JSON.
  if (isObject(content) && typeof content["type"] === "string") return decodeToolContent([content], path)
  if (content !== undefined && typeof content !== "string" && !Array.isArray(content)) {
    return [{ type: "text", text: JSON.stringify(content) }]
  }
  return decodeContent(content, path).map((part, index) => {
    if (part.type === "text" || part.type === "image" || part.type === "file") return part
    return refuse(`${path}[${index}].type`, "is not a kind of part that a tool's answer can hold")
  })
}

const decodePart = (value: unknown, path: string): Part | ReadonlyArray<Part> => {
  const part = typeof value === "string" ? { type: "text", text: value } : needObject(value, path)
  switch (needText(part["type"], `${path}.type`)) {
    case "text":
    // Names of the Responses API, which clients that speak both mix up.
    case "input_text":
    case "output_text":
      return {
        type: "text",
        text: needText(part["text"], `${path}.text`),
        cache: cacheOf(part),
        extensions: keptFields(part, TEXT_FIELDS)
      }
    case "image_url":
      return decodeImage(part, path)
    case "input_audio":
      return decodeAudio(part, path)
    case "file":
      return decodeFile(part, path)
    case "video_url":
      return decodeVideo(part, path)
    case "refusal":
      return { type: "refusal", text: needText(part["refusal"], `${path}.refusal`) }
    case "thinking":
      return { type: "reasoning", text: thinkingText(part) }
    default:
      return claudeParts(part, path) ?? { type: "foreign", protocol: "openai", value: part }
  }
}

/** The text of a `thinking` part: a string, or an array of text parts. Source: Mistral API, reasoning. */
export const thinkingText = (part: JsonObject): string => {
  const { thinking } = part
  return Array.isArray(thinking) ? thinking.map((piece) => textOr(objectOr(piece)["text"])).join("") : textOr(thinking)
}

const needSource = (url: string, path: string): MediaSource =>
  sourceOfUrl(url) ?? refuse(path, "is not a well-formed data URL")

/** `{url}`, or the URL itself, which some clients write. */
const needUrl = (value: unknown, path: string): readonly [url: string, path: string, holder: JsonObject] => {
  if (typeof value === "string") return [value, path, {}]
  const holder = needObject(value, path)
  return [needText(holder["url"], `${path}.url`), `${path}.url`, holder]
}

const decodeImage = (part: JsonObject, path: string): ImagePart => {
  const [url, place, holder] = needUrl(part["image_url"], `${path}.image_url`)
  return {
    type: "image",
    source: needSource(url, place),
    detail: optional(needText, holder["detail"], `${path}.image_url.detail`),
    cache: cacheOf(part),
    extensions: keptFields(part, IMAGE_FIELDS)
  }
}

const decodeVideo = (part: JsonObject, path: string): FilePart => {
  const [url, place] = needUrl(part["video_url"], `${path}.video_url`)
  const source = needSource(url, place)
  return {
    type: "file",
    source: source.kind === "url" ? { ...source, mediaType: mediaTypeOfName(url) ?? "video/mp4" } : source,
    cache: cacheOf(part),
    extensions: keptFields(part, VIDEO_FIELDS)
  }
}

const decodeAudio = (part: JsonObject, path: string): FilePart => {
  const audio = needObject(part["input_audio"], `${path}.input_audio`)
  const data = needText(audio["data"], `${path}.input_audio.data`)
  const mediaType = mediaTypeOfAudio(needText(audio["format"], `${path}.input_audio.format`))
  return {
    type: "file",
    source: data.startsWith("data:")
      ? needSource(data, `${path}.input_audio.data`)
      : { kind: "base64", mediaType, data },
    cache: cacheOf(part),
    extensions: keptFields(part, AUDIO_FIELDS)
  }
}

/** `file_data` is a data URL by the reference; clients send bare base64 too, and OpenRouter takes a URL. */
const decodeFile = (part: JsonObject, path: string): FilePart => {
  const file = needObject(part["file"], `${path}.file`)
  const name = optional(needText, file["filename"], `${path}.file.filename`)
  const id = optional(needText, file["file_id"], `${path}.file.file_id`)
  const source = (): MediaSource => {
    if (id !== undefined) return { kind: "uploaded", protocol: "openai", id }
    const data = needText(file["file_data"], `${path}.file.file_data`)
    const mediaType = mediaTypeOfName(name ?? "") ?? "application/pdf"
    if (data.startsWith("data:")) return needSource(data, `${path}.file.file_data`)
    return /^https?:/i.test(data.slice(0, 6))
      ? { kind: "url", url: data, mediaType }
      : { kind: "base64", mediaType, data }
  }
  return { type: "file", source: source(), name, cache: cacheOf(part), extensions: keptFields(part, FILE_FIELDS) }
}
