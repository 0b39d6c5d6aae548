import type { JsonObject } from "../../canonical/json.ts"
import type { CacheMark, FilePart, ImagePart, MediaSource, TextPart } from "../../canonical/part.ts"
import { isObject, needObject, needText, optional, otherFields, refuse, textOr } from "../json-fields.ts"
import { claudeExtensions } from "./extension-fields.ts"

const PDF = "application/pdf"

/** `cache_control`: a mark, or none. */
export const decodeCache = (value: unknown, path: string): CacheMark | undefined => {
  if (value === undefined || value === null) return undefined
  const ttl = optional(needText, needObject(value, path)["ttl"], `${path}.ttl`)
  return ttl === undefined ? {} : { ttl }
}

/** A source of bytes. What has none of the kinds that all media share gives `undefined`. */
const decodeSource = (source: JsonObject, path: string, urlType: string | undefined): MediaSource | undefined => {
  switch (source["type"]) {
    case "base64":
      return {
        kind: "base64",
        mediaType: needText(source["media_type"], `${path}.media_type`),
        data: needText(source["data"], `${path}.data`)
      }
    case "url":
      return { kind: "url", url: needText(source["url"], `${path}.url`), mediaType: urlType }
    case "file":
      return { kind: "uploaded", protocol: "claude", id: needText(source["file_id"], `${path}.file_id`) }
    default:
      return undefined
  }
}

const unknownSource = (source: JsonObject, path: string): never =>
  refuse(`${path}.type`, `must be a kind of source that the block can have, not ${JSON.stringify(source["type"])}`)

const IMAGE_FIELDS: ReadonlySet<string> = new Set(["type", "source", "cache_control"])

/** An `image` block. */
export const decodeImage = (block: JsonObject, path: string): ImagePart => {
  const sourcePath = `${path}.source`
  const source = needObject(block["source"], sourcePath)
  return {
    type: "image",
    source: decodeSource(source, sourcePath, undefined) ?? unknownSource(source, sourcePath),
    cache: decodeCache(block["cache_control"], `${path}.cache_control`),
    extensions: claudeExtensions(otherFields(block, IMAGE_FIELDS))
  }
}

const DOCUMENT_FIELDS: ReadonlySet<string> = new Set(["type", "source", "title", "cache_control"])

/**
 * A `document` block. One that holds text, or blocks of text, is text to every other provider, and comes out as the
 * document that it was when it goes to Claude. Images among its blocks follow it as parts of their own.
 */
export const decodeDocument = (block: JsonObject, path: string): ReadonlyArray<TextPart | ImagePart | FilePart> => {
  const sourcePath = `${path}.source`
  const source = needObject(block["source"], sourcePath)
  const cache = decodeCache(block["cache_control"], `${path}.cache_control`)
  if (source["type"] === "text") return [textDocument(needText(source["data"], `${sourcePath}.data`), block, cache)]
  if (source["type"] === "content")
    return decodeContentDocument(source["content"], `${sourcePath}.content`, block, cache)
  return [
    {
      type: "file",
      source: decodeSource(source, sourcePath, PDF) ?? unknownSource(source, sourcePath),
      name: optional(needText, block["title"], `${path}.title`),
      cache,
      extensions: claudeExtensions(otherFields(block, DOCUMENT_FIELDS))
    }
  ]
}

const textDocument = (text: string, block: JsonObject, cache: CacheMark | undefined): TextPart => ({
  type: "text",
  text,
  cache,
  extensions: claudeExtensions({ block })
})

const decodeContentDocument = (
  content: unknown,
  path: string,
  block: JsonObject,
  cache: CacheMark | undefined
): ReadonlyArray<TextPart | ImagePart> => {
  if (typeof content === "string") return [textDocument(content, block, cache)]
  if (!Array.isArray(content)) return refuse(path, "must be a string or an array")
  const texts: Array<string> = []
  const images: Array<ImagePart> = []
  for (const [index, item] of content.entries()) {
    const itemPath = `${path}[${index}]`
    const inner = needObject(item, itemPath)
    if (inner["type"] === "image") images.push(decodeImage(inner, itemPath))
    else texts.push(needText(inner["text"], `${itemPath}.text`))
  }
  const text = texts.join("\n")
  if (images.length === 0) return [textDocument(text, block, cache)]
  return text === "" ? images : [{ type: "text", text, cache }, ...images]
}

/**
 * A block of a user or a tool that the canonical model has no part for, as text that says what can be said of it. The
 * block itself comes out again when it goes to Claude.
 */
export const decodeOtherContent = (block: JsonObject): TextPart => ({
  type: "text",
  text: otherContentText(block),
  extensions: claudeExtensions({ block })
})

const otherContentText = (block: JsonObject): string => {
  if (block["type"] === "search_result") {
    const content = Array.isArray(block["content"]) ? block["content"] : []
    const texts = content.map((item) => (isObject(item) ? textOr(item["text"]) : ""))
    return [textOr(block["title"]), textOr(block["source"]), ...texts].filter((text) => text !== "").join("\n")
  }
  if (block["type"] === "tool_reference") return `[tool ${textOr(block["tool_name"])}]`
  return `[${textOr(block["type"])}]`
}
