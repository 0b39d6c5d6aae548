import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { CacheMark, FilePart, ImagePart, MediaSource, TextPart } from "../../canonical/part.ts"
import { historyCitationFields } from "./citations.ts"
import { originalBlock } from "./extension-fields.ts"

/** Source: platform.claude.com/docs/en/build-with-claude/vision. */
const IMAGE_TYPES: ReadonlySet<string> = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"])

/** `cache_control` of a mark. */
export const encodeCache = ({ ttl }: CacheMark): JsonObject =>
  ttl === undefined ? { type: "ephemeral" } : { type: "ephemeral", ttl }

/** Whether the API takes a text: it refuses blocks without a visible character. */
export const isVisible = (text: string): boolean => /\S/.test(text)

/** A part as a block; `undefined` for a text that the API would refuse. */
export const encodeContentPart = (part: TextPart | ImagePart | FilePart): JsonObject | undefined => {
  const original = originalBlock(part.extensions)
  if (original !== undefined) return original
  if (part.type === "text" && !isVisible(part.text)) return undefined
  const block = part.type === "text" ? { type: "text", text: part.text } : (encodeMedia(part) ?? leftOut(part.source))
  if (part.type === "text" && part.citations !== undefined) Object.assign(block, historyCitationFields(part.citations))
  const fields = extensionsFor("claude", part.extensions)
  if (fields !== undefined) Object.assign(block, fields)
  if (part.cache !== undefined) block["cache_control"] = encodeCache(part.cache)
  return block
}

/** Says in the place of a medium that Claude does not take what was there. */
const leftOut = (source: MediaSource): Record<string, unknown> => {
  const type = source.mediaType ?? (source.kind === "uploaded" ? "uploaded to another provider" : "unknown type")
  return { type: "text", text: `[A file (${type}) was left out here: this model cannot take it.]` }
}

const encodeMedia = (part: ImagePart | FilePart): Record<string, unknown> | undefined => {
  const { source } = part
  if (part.type === "image" || isImageType(source.mediaType)) {
    const encoded = encodeSource(source, (type) => IMAGE_TYPES.has(type))
    return encoded === undefined ? undefined : { type: "image", source: encoded }
  }
  const encoded = encodeText(source) ?? encodeSource(source, (type) => type === "application/pdf")
  if (encoded === undefined) return undefined
  return part.name === undefined
    ? { type: "document", source: encoded }
    : { type: "document", source: encoded, title: part.name }
}

const isImageType = (type: string | undefined): boolean => type !== undefined && type.startsWith("image/")

const encodeSource = (source: MediaSource, takes: (mediaType: string) => boolean): JsonObject | undefined => {
  if (source.kind === "uploaded") return source.protocol === "claude" ? { type: "file", file_id: source.id } : undefined
  if (source.mediaType !== undefined && !takes(source.mediaType)) return undefined
  return source.kind === "url"
    ? { type: "url", url: source.url }
    : { type: "base64", media_type: source.mediaType, data: source.data }
}

/** Text in base64 as the document of plain text that Claude takes. */
const encodeText = (source: MediaSource): JsonObject | undefined => {
  if (source.kind !== "base64" || !isTextType(source.mediaType)) return undefined
  const data = Buffer.from(source.data, "base64").toString()
  return isVisible(data) ? { type: "text", media_type: "text/plain", data } : undefined
}

const isTextType = (type: string): boolean => type.startsWith("text/") || /^application\/(?:json|xml|yaml)\b/.test(type)
